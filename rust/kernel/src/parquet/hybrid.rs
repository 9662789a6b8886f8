//! Levels and dictionary indices: runs of one value and runs of packed bits by turns
//! (parquet-format, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid").

/// Appends `count` numbers of `width` bits (at most 32). None if the bytes do not hold as many.
pub(super) fn numbers(bytes: &[u8], width: u32, count: usize, made: &mut Vec<u32>) -> Option<()> {
    if width > 32 {
        return None;
    }
    let mut bytes = bytes;
    let mut left = count;
    made.reserve(count);
    while left > 0 {
        let head = varint(&mut bytes)?;
        let length = usize::try_from(head >> 1).ok()?;
        if head & 1 == 0 {
            let (value, rest) = bytes.split_at_checked(width.div_ceil(8) as usize)?;
            let mut word = [0; 4];
            word[..value.len()].copy_from_slice(value);
            let run = length.min(left);
            made.extend(std::iter::repeat_n(u32::from_le_bytes(word), run));
            (bytes, left) = (rest, left - run);
            if run == 0 {
                return None;
            }
        } else {
            let size = length.checked_mul(width as usize)?;
            let (packed, rest) = bytes.split_at_checked(size)?;
            let run = length.checked_mul(8)?.min(left);
            if run == 0 {
                return None;
            }
            unpack(packed, width, run, made);
            (bytes, left) = (rest, left - run);
        }
    }
    Some(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Appends numbers of packed bits, the lowest first. The bytes hold as many.
fn unpack(packed: &[u8], width: u32, count: usize, made: &mut Vec<u32>) {
    let mask = ((1u64 << width) - 1) as u32;
    let width = width as usize;
    // So many begin where eight bytes follow.
    let safe = if packed.len() < 8 || width == 0 { 0 } else { (packed.len() - 8) * 8 / width + 1 };
    let safe = safe.min(count);
    made.extend((0..safe).map(|place| {
        let bit = place * width;
        let word = packed.get(bit >> 3..).and_then(<[u8]>::first_chunk::<8>);
        (u64::from_le_bytes(word.copied().unwrap_or_default()) >> (bit & 7)) as u32 & mask
    }));
    made.extend((safe..count).map(|place| {
        let bit = place * width;
        let mut word = [0; 8];
        let there = packed.get(bit >> 3..).unwrap_or_default();
        let there = &there[..there.len().min(8)];
        word[..there.len()].copy_from_slice(there);
        (u64::from_le_bytes(word) >> (bit & 7)) as u32 & mask
    }));
}

/// Which of `count` values are there, of their definition levels, which are 0 or 1. An empty answer
/// if all are.
pub(super) fn there(bytes: &[u8], count: usize) -> Option<Vec<u32>> {
    let mut rest = bytes;
    let head = varint(&mut rest)?;
    if head & 1 == 0 && (head >> 1) as usize >= count && rest.first() == Some(&1) {
        return Some(Vec::new());
    }
    let mut levels = Vec::new();
    numbers(bytes, 1, count, &mut levels)?;
    if levels.iter().any(|level| *level > 1) {
        return None;
    }
    Some(if levels.contains(&0) { levels } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::{numbers, there};

    #[test]
    fn runs_and_packed_bits_take_turns() {
        let mut made = Vec::new();
        // Five sevens; eight numbers of three bits, 0 to 7 (the example of Encodings.md).
        numbers(&[10, 7, 3, 0x88, 0xC6, 0xFA], 3, 13, &mut made).unwrap();
        assert_eq!(made, [7, 7, 7, 7, 7, 0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn every_width_comes_back() {
        for width in 0..=32u32 {
            let mask = ((1u64 << width) - 1) as u32;
            let given: Vec<u32> = (0..104u32).map(|n| n.wrapping_mul(0x9E37_79B9) & mask).collect();
            let mut packed = vec![0u8; 13 * width as usize];
            for (place, number) in given.iter().enumerate() {
                for bit in 0..width as usize {
                    let at = place * width as usize + bit;
                    packed[at / 8] |= ((number >> bit & 1) as u8) << (at % 8);
                }
            }
            packed.insert(0, 13 << 1 | 1);
            let mut made = Vec::new();
            numbers(&packed, width, 101, &mut made).unwrap();
            assert_eq!(made, given[..101]);
        }
    }

    #[test]
    fn too_few_are_none() {
        for (bytes, width, count) in [
            (&[][..], 1, 1),
            (&[2], 8, 1),
            (&[2, 9], 8, 2),
            (&[0, 9, 2, 9], 8, 1),
            (&[3, 1], 9, 1),
            (&[1, 1], 1, 1),
            (&[5, 1], 1, 8),
            (&[0xFF; 9], 1, 1),
            (&[2, 9], 33, 1),
        ] {
            assert_eq!(numbers(bytes, width, count, &mut Vec::new()), None, "{bytes:?}");
        }
    }

    #[test]
    fn levels_say_which_are_there() {
        assert_eq!(there(&[20, 1], 10), Some(vec![]));
        assert_eq!(there(&[3, 0xFF], 8), Some(vec![]));
        assert_eq!(there(&[4, 1, 2, 0], 3), Some(vec![1, 1, 0]));
        assert_eq!(there(&[4, 2], 2), None);
        assert_eq!(there(&[2, 1], 2), None);
    }
}
