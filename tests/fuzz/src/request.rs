//! The request parser: the same requests whether the bytes come at once or one at a time, within their bounds.
//!
//! Input: the bytes that a client sends.

use replis::resp::request::{Limits, Parser, Span, Step};

use super::memory::within;

/// Requests as arguments, and how it ended: an error's words, or how many bytes are left over.
type Story = (Vec<Vec<Vec<u8>>>, String);

pub fn check(data: &[u8]) {
    for limits in [Limits::default(), Limits { max_bulk: 64, authenticated: false }] {
        // A header of four bytes ("$0\r\n") and its two may announce an argument: its span takes sixteen.
        let (whole, slow) = within(64 * data.len() + 4096, || {
            (story(data, data.len().max(1), &limits), story(data, 1, &limits))
        });
        assert_eq!(whole, slow);
    }
}

fn story(data: &[u8], piece: usize, limits: &Limits) -> Story {
    let mut parser = Parser::new();
    let (mut spans, mut requests) = (Vec::new(), Vec::new());
    let (mut from, mut to) = (0, 0);
    loop {
        match parser.parse(&data[from..to], limits, &mut spans) {
            Err(error) => return (requests, error.log_text().to_owned()),
            Ok(Step::Need { hint }) => {
                assert!(hint > 0);
                if to == data.len() {
                    return (requests, format!("{} left", to - from));
                }
                to = data.len().min(to + piece);
            }
            Ok(Step::Skip { consumed }) => {
                assert!(consumed > 0 && from + consumed <= to);
                from += consumed;
            }
            Ok(Step::Ready { consumed, inline }) => {
                assert!(consumed > 0 && from + consumed <= to && !spans.is_empty());
                let text = if inline { parser.take_inline() } else { data[from..from + consumed].to_vec() };
                requests.push(arguments(&text, &spans));
                from += consumed;
            }
        }
    }
}

fn arguments(text: &[u8], spans: &[Span]) -> Vec<Vec<u8>> {
    spans.iter().map(|span| text[span.at..span.at + span.len].to_vec()).collect()
}
