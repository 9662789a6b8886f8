//! The plainest reader of CSV: one byte after another. What the tests hold the others to.

use super::{FEED, QUOTE, RETURN};

/// A row: where it begins and ends, where the next one begins, and its cells; null is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub start: usize,
    pub end: usize,
    pub after: usize,
    pub cells: Vec<Option<Vec<u8>>>,
}

/// All rows, and whether the rest is inside quotes.
pub(super) struct Reading {
    pub rows: Vec<Row>,
    pub in_quotes: bool,
    /// The places after all line ends, inside quotes too.
    pub line_ends: Vec<i64>,
}

#[derive(PartialEq)]
enum State {
    Begins,
    Plain,
    Quoted,
    Closed,
}

pub(super) fn read(data: &[u8], delimiter: u8, last: bool) -> Reading {
    let mut rows = Vec::new();
    let (mut start, mut at, mut state) = (0, 0, State::Begins);
    let mut cell: Option<Vec<u8>> = None;
    let mut cells = Vec::new();
    while at < data.len() {
        let byte = data[at];
        match (&state, byte) {
            (State::Quoted, QUOTE) => state = State::Closed,
            (State::Quoted, _) => cell.get_or_insert_default().push(byte),
            (State::Closed, QUOTE) => {
                cell.get_or_insert_default().push(QUOTE);
                state = State::Quoted;
            }
            (State::Begins, QUOTE) => {
                cell = Some(Vec::new());
                state = State::Quoted;
            }
            (_, FEED | RETURN) => {
                let mut after = at + 1;
                if byte == RETURN {
                    if after == data.len() && !last {
                        break;
                    }
                    after += usize::from(data.get(after) == Some(&FEED));
                }
                cells.push(cell.take());
                rows.push(Row { start, end: at, after, cells: std::mem::take(&mut cells) });
                (start, at, state) = (after, after, State::Begins);
                continue;
            }
            (_, _) if byte == delimiter => {
                cells.push(cell.take());
                state = State::Begins;
            }
            (_, _) => {
                cell.get_or_insert_default().push(byte);
                state = State::Plain;
            }
        }
        at += 1;
    }
    let in_quotes = state == State::Quoted;
    if last && !in_quotes && start < data.len() {
        cells.push(cell);
        let (end, after) = (data.len(), data.len());
        rows.push(Row { start, end, after, cells });
        start = after;
    }
    Reading { rows, in_quotes, line_ends: line_ends(&data[..start]) }
}

fn line_ends(data: &[u8]) -> Vec<i64> {
    let is_end = |at: usize| match data[at] {
        FEED => true,
        RETURN => data.get(at + 1) != Some(&FEED),
        _ => false,
    };
    (0..data.len()).filter(|at| is_end(*at)).map(|at| at as i64 + 1).collect()
}

/// What decides where cells and rows end, and what decides nothing.
pub(super) const PIECES: [&[u8]; 6] = [b"a", b",", b"\"", b"\n", b"\r", "é".as_bytes()];

/// Calls `check` with every text of up to six pieces, as all there is and as the beginning of more.
pub(super) fn short_texts(mut check: impl FnMut(&[u8], bool)) {
    every_text(&PIECES, 6, |text| {
        check(text, false);
        check(text, true);
    });
}

/// Calls `check` with quotes, cells and line ends that lie across the edge of two words.
pub(super) fn texts_at_the_edge_of_a_word(mut check: impl FnMut(&[u8], bool)) {
    for filler in [b"x".as_slice(), b"\"", b"xx\n", b",", b"\r"] {
        let filler = filler.repeat(70);
        every_text(&PIECES, 4, |text| {
            for before in 60..65 {
                let data = [&filler[..before], text, &filler[..66]].concat();
                check(&data, before % 2 == 0);
            }
        });
    }
}

/// Calls `check` with every text of up to `longest` of these pieces.
pub(super) fn every_text(pieces: &[&[u8]], longest: u32, mut check: impl FnMut(&[u8])) {
    let mut text = Vec::new();
    for length in 0..=longest {
        for number in 0..pieces.len().pow(length) {
            text.clear();
            let mut rest = number;
            for _ in 0..length {
                text.extend_from_slice(pieces[rest % pieces.len()]);
                rest /= pieces.len();
            }
            check(&text);
        }
    }
}

/// Numbers that look random, the same ones each time.
pub(super) fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    }
}
