//! Rows read byte by byte: right for every text, and what the other way is held to.

use super::{FEED, QUOTE, RETURN};

/// Where a cell ends, and what ended it.
pub(super) struct Cell {
    /// Just after its last byte.
    pub end: usize,
    /// Just after the closing quote, if a quote opened it; `end` if that never closes.
    pub unquoted: Option<usize>,
    /// Whether a quote opened it that never closes.
    pub open: bool,
}

/// The cell that begins at `start`. It ends before a delimiter, before a line end if `line_ends`
/// count, and with the data.
#[inline]
pub(super) fn cell(data: &[u8], start: usize, delimiter: u8, line_ends: bool) -> Cell {
    let mut at = start;
    let mut unquoted = None;
    if data.get(at) == Some(&QUOTE) {
        at += 1;
        loop {
            match data[at..].iter().position(|byte| *byte == QUOTE) {
                None => return Cell { end: data.len(), unquoted: Some(data.len()), open: true },
                Some(more) => at += more + 1,
            }
            if data.get(at) != Some(&QUOTE) {
                break;
            }
            at += 1;
        }
        unquoted = Some(at);
    }
    let ends = |byte: &u8| *byte == delimiter || line_ends && matches!(*byte, FEED | RETURN);
    let end = data[at..].iter().position(ends).map_or(data.len(), |more| at + more);
    Cell { end, unquoted, open: false }
}

/// The row that begins at `start`.
pub(super) enum Row {
    /// Where it ends, and where the next one begins.
    Whole(usize, usize),
    /// The data ends first. Whether inside quotes.
    Cut(bool),
}

/// Walks over one row. A CR at the very end of the data is a line end.
pub(super) fn row(data: &[u8], start: usize, delimiter: u8) -> Row {
    let mut at = start;
    loop {
        let cell = cell(data, at, delimiter, true);
        match data.get(cell.end) {
            None => return Row::Cut(cell.open),
            Some(&byte) if byte == delimiter => at = cell.end + 1,
            Some(_) => return Row::Whole(cell.end, after_line_end(data, cell.end)),
        }
    }
}

/// Just after the line end that begins at `at`.
pub(super) fn after_line_end(data: &[u8], at: usize) -> usize {
    let pair = data[at] == RETURN && data.get(at + 1) == Some(&FEED);
    at + 1 + usize::from(pair)
}

/// Calls `found` with the place after each line end in a part of the data, inside quotes too.
pub(super) fn line_ends(data: &[u8], from: usize, to: usize, mut found: impl FnMut(i64)) {
    let mut at = from;
    while let Some(more) = data[at..to].iter().position(|byte| matches!(*byte, FEED | RETURN)) {
        at = after_line_end(data, at + more);
        found(at as i64);
        if at >= to {
            break;
        }
    }
}
