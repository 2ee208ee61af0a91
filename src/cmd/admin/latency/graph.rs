//! A small picture of a series of numbers: columns of text, one a sample, with their labels below.
//!
//! Four rows high, each row three characters fine (`_`, `o`, `#`), filled below with `|`; 80 columns a block.
//! The look is that of Redis 7.2.4 `sparkline.c`, so existing eyes read it.

/// Columns of one block.
pub const COLUMNS: usize = 80;
const ROWS: usize = 4;
const LEVELS: [char; 3] = ['_', 'o', '#'];

/// Height of a value in steps, from the bottom.
fn step(value: u64, min: u64, max: u64) -> usize {
    let steps = (ROWS * LEVELS.len()) as u64;
    let range = (max - min).max(1);
    let step = u128::from(value - min) * u128::from(steps) / u128::from(range);
    step.min(u128::from(steps - 1)) as usize
}

/// What stands in `row` (0: the top) of a column that is `step` high.
fn cell(step: usize, row: usize) -> char {
    let floor = (ROWS - row - 1) * LEVELS.len();
    match step.checked_sub(floor) {
        None => ' ',
        Some(level) => LEVELS.get(level).copied().unwrap_or('|'),
    }
}

/// Draws samples, each a value and a label of ASCII characters.
pub fn draw(samples: &[(u64, String)]) -> String {
    let min = samples.iter().map(|(value, _)| *value).min().unwrap_or(0);
    let max = samples.iter().map(|(value, _)| *value).max().unwrap_or(0);
    let mut text = String::new();
    for (number, block) in samples.chunks(COLUMNS).enumerate() {
        if number > 0 {
            text.push('\n');
        }
        for row in 0..ROWS {
            text.extend(block.iter().map(|(value, _)| cell(step(*value, min, max), row)));
            text.push('\n');
        }
        text.extend(std::iter::repeat_n(' ', block.len()));
        text.push('\n');
        let tallest = block.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
        for line in 0..tallest {
            let char_at = |label: &str| label.as_bytes().get(line).map_or(' ', |byte| char::from(*byte));
            text.extend(block.iter().map(|(_, label)| char_at(label)));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_rise_with_their_values() {
        let samples: Vec<(u64, String)> =
            [(0, "3m"), (6, "1m"), (12, "5s")].map(|(value, label)| (value, label.to_owned())).into();
        assert_eq!(draw(&samples), "  #\n _|\n ||\n_||\n   \n315\nmms\n");
        assert_eq!(draw(&samples[..1]), " \n \n \n_\n \n3\nm\n");
        assert_eq!(draw(&[]), "");
    }

    #[test]
    fn long_series_go_on_below() {
        let samples = vec![(1, "1s".to_owned()); COLUMNS + 1];
        let text = draw(&samples);
        assert_eq!(text.lines().count(), 7 + 1 + 7);
        assert!(text.lines().all(|line| line.len() <= COLUMNS));
    }
}
