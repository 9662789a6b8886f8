//! Which algorithms and key numbers a column of frames holds.

use std::collections::BTreeSet;

use crate::column::Column;
use crate::fault::{Fault, Outcome};
use crate::frame::{HEADER_BYTES, SUBJECT, SUBJECT_RECORD, parse};
use crate::frame_rows::FrameRows;
use crate::key::load;

/// The (algorithm, key number) pairs of a text or binary column, in order; nulls are passed over.
///
/// `UnsupportedType` for a column of another type; `NotFrames` with the count.
pub fn headers(frames: &Column<'_>) -> Outcome<Vec<(u8, u32)>> {
    let mut read = FrameRows::new(frames)?;
    let (mut found, mut last, mut refused) = (BTreeSet::new(), None, 0);
    while read.next()?.is_some() {
        for frame in &read.frames {
            let [first, second, third, fourth, ..] = load(read.bytes(), frame.start());
            let parsed = parse([first, second, third, fourth], frame.len());
            let pair = parsed.map(|(pair, _)| pair);
            refused += usize::from(pair.is_none());
            if pair != last {
                found.extend(pair);
                last = pair;
            }
        }
    }
    if refused > 0 {
        return Err(Fault::NotFrames { refused });
    }
    Ok(found.into_iter().collect())
}

/// The handle of each frame's subject, as it lies in memory, and which rows have one.
///
/// Faults as those of `headers`.
pub fn subjects(frames: &Column<'_>) -> Outcome<(Vec<i128>, Vec<bool>)> {
    let mut read = FrameRows::new(frames)?;
    let (mut handles, mut there) = (vec![0; frames.len], vec![false; frames.len]);
    let mut refused = 0;
    while let Some(rows) = read.next()? {
        for frame in &read.frames {
            let [first, second, third, fourth, ..] = load(read.bytes(), frame.start());
            match parse([first, second, third, fourth], frame.len()) {
                None => refused += 1,
                Some(((SUBJECT | SUBJECT_RECORD, _), _)) => {
                    let row = rows.start + frame.row as usize;
                    let handle = load(read.bytes(), frame.start() + HEADER_BYTES);
                    (handles[row], there[row]) = (i128::from_ne_bytes(handle), true);
                }
                Some(_) => {}
            }
        }
    }
    if refused > 0 { Err(Fault::NotFrames { refused }) } else { Ok((handles, there)) }
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
