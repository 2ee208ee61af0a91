//! A server without a world, for tests of commands: a manual clock, a replication stream that can be read
//! back, and clients that are driven with words.

use crate::base::clock::Clock;
use crate::base::rng::Rng;
use crate::core::server::Server;
use crate::core::table::CommandTable;
use crate::core::testing::NoWorld;
use crate::core::{input, lifecycle, wake};
use crate::resp::request::push_request;
use crate::state::backlog::CursorId;
use crate::state::client::ClientId;
use crate::state::config::Config;

/// When tests begin, in Unix ms.
pub const START: i64 = 1_700_000_000_000;

/// A server with clients and a reader of its stream.
pub struct Desk {
    pub srv: Server,
    reader: CursorId,
}

impl Desk {
    pub fn new() -> Desk {
        let table = CommandTable::new(super::FAMILIES);
        let mut srv = Server::new(Config::default(), table, Clock::manual(START), Rng::seeded(1));
        srv.repl.backlog.activate();
        let reader = srv.repl.backlog.attach(0).expect("the history starts here");
        Desk { srv, reader }
    }

    pub fn client(&mut self) -> ClientId {
        let connection = lifecycle::Connection { addr: "127.0.0.1:1", laddr: "", fd: -1, unix: false };
        lifecycle::connect(&mut self.srv, &connection)
    }

    /// Sends words parted by blanks (`''` is the empty one) and returns the reply, line ends as `|`.
    pub fn ask(&mut self, who: ClientId, line: &str) -> String {
        let words: Vec<&[u8]> =
            line.split(' ').map(|word| if word == "''" { b"" } else { word.as_bytes() }).collect();
        let mut request = Vec::new();
        push_request(&mut request, &words);
        input::feed(&mut self.srv, &mut NoWorld::default(), who, &request);
        let reply = std::mem::take(&mut self.srv.clients[who].out.bytes);
        String::from_utf8(reply).expect("tests speak UTF-8").replace("\r\n", "|")
    }

    /// What a client got that it did not ask for, since the last look.
    pub fn received(&mut self, who: ClientId) -> String {
        let bytes = std::mem::take(&mut self.srv.clients[who].out.bytes);
        String::from_utf8(bytes).expect("tests speak UTF-8").replace("\r\n", "|")
    }

    /// What the loop does for those who wait, before it sleeps.
    pub fn before_sleep(&mut self) {
        wake::before_sleep(&mut self.srv, &mut NoWorld::default());
    }

    /// Sends several requests at once and returns the replies.
    pub fn pipeline(&mut self, who: ClientId, lines: &[&str]) -> String {
        let mut requests = Vec::new();
        for line in lines {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            push_request(&mut requests, &words);
        }
        input::feed(&mut self.srv, &mut NoWorld::default(), who, &requests);
        self.received(who)
    }

    /// What the replication stream got since the last call: words, commands parted by `; `.
    pub fn stream(&mut self) -> String {
        let bytes: Vec<u8> =
            self.srv.repl.backlog.slices(self.reader, usize::MAX).flatten().copied().collect();
        self.srv.repl.backlog.advance(self.reader, bytes.len());
        let text = String::from_utf8(bytes).expect("tests speak UTF-8");
        let commands = text.split('*').skip(1).map(|command| {
            let words =
                command.split("\r\n").skip(1).filter(|part| !part.starts_with('$') && !part.is_empty());
            words.collect::<Vec<_>>().join(" ")
        });
        commands.collect::<Vec<_>>().join("; ")
    }
}
