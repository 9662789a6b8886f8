//! Which algorithms and key numbers a column of frames holds.

use std::collections::BTreeSet;

use crate::base64url;
use crate::chunk::chunk_end;
use crate::column::{Column, Slots, Values};
use crate::each_layout;
use crate::fault::{Fault, Outcome};
use crate::frame::parse;

/// The (algorithm, key number) pairs of a text or binary column, in order; nulls are passed over.
///
/// `UnsupportedType` for a column of another type; `NotFrames` with the count.
pub fn headers(frames: &Column<'_>) -> Outcome<Vec<(u8, u32)>> {
    let mut found = Found::default();
    match &frames.values {
        Values::Text(bytes) => each_layout!(*bytes, slots => found.read_texts(frames, slots)),
        Values::Binary(bytes) => each_layout!(*bytes, slots => found.read_bytes(frames, slots)),
        _ => return Err(Fault::UnsupportedType),
    }
    if found.refused > 0 {
        return Err(Fault::NotFrames { refused: found.refused });
    }
    Ok(found.pairs.into_iter().collect())
}

#[derive(Default)]
struct Found {
    pairs: BTreeSet<(u8, u32)>,
    refused: usize,
}

impl Found {
    fn read_texts(&mut self, column: &Column<'_>, texts: impl Slots) {
        let (mut bytes, mut slots) = (Vec::new(), Vec::new());
        let mut start = 0;
        while start < texts.len() {
            let rows = start..chunk_end(column, start);
            start = rows.end;
            bytes.clear();
            slots.clear();
            base64url::read(texts, rows, |row| column.is_valid(row), &mut bytes, &mut slots);
            for slot in &slots {
                self.count(bytes.get(slot.start()..slot.start() + slot.len()).unwrap_or(&[]));
            }
        }
    }

    fn read_bytes(&mut self, column: &Column<'_>, frames: impl Slots) {
        for row in (0..frames.len()).filter(|row| column.is_valid(*row)) {
            self.count(frames.get(row));
        }
    }

    fn count(&mut self, frame: &[u8]) {
        match header_of(frame) {
            Some(pair) => {
                self.pairs.insert(pair);
            }
            None => self.refused += 1,
        }
    }
}

fn header_of(frame: &[u8]) -> Option<(u8, u32)> {
    parse(*frame.first_chunk()?, frame.len())
}

#[cfg(test)]
mod tests {
    use super::headers;
    use crate::column::{Bits, Bytes, Column, Ranges, Values};
    use crate::fault::Fault;

    fn column<'a>(offsets: &'a [i32], data: &'a [u8], validity: Option<Bits<'a>>) -> Column<'a> {
        let bytes = Bytes::Small(Ranges::new(offsets, data).unwrap());
        Column { len: offsets.len() - 1, validity, values: Values::Binary(bytes) }
    }

    #[test]
    fn pairs_are_distinct_and_in_order() {
        let mut data = vec![0; 84];
        data[..4].copy_from_slice(&[0x12, 0, 0, 9]);
        data[44..48].copy_from_slice(&[0x11, 1, 0, 0]);
        data[64..68].copy_from_slice(&[0x11, 1, 0, 0]);

        assert_eq!(headers(&column(&[0, 44, 64, 84], &data, None)), Ok(vec![(1, 65536), (2, 9)]));
    }

    #[test]
    fn what_is_no_frame_is_counted_unless_null() {
        let there = Bits::new(&[0b101], 0, 3).unwrap();
        let offsets = [0, 3, 6, 9];

        let refused = headers(&column(&offsets, &[0x11; 9], Some(there)));

        assert_eq!(refused, Err(Fault::NotFrames { refused: 2 }));
    }
}
