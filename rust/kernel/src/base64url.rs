//! Frames as text: a prefix and base64url without padding (RFC 4648, section 5).

use crate::lanes::Slot;

/// What every text begins with.
pub(crate) const PREFIX: [u8; 5] = *b"lkg1_";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What is no character of the alphabet.
const NONE: u8 = 0xFF;

/// The six bits each character stands for.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

/// Characters in the text of a frame of so many bytes.
#[inline]
pub(crate) fn text_len(bytes: usize) -> usize {
    PREFIX.len() + (bytes * 4).div_ceil(3)
}

/// Bytes in the frame of a text of so many characters, if there is one.
#[inline]
pub(crate) fn frame_len(characters: usize) -> Option<usize> {
    let encoded = characters.checked_sub(PREFIX.len())?;
    (encoded % 4 != 1).then_some(encoded / 4 * 3 + encoded % 4 * 3 / 4)
}

/// Writes the texts of frames that are each `overhead` bytes longer than their slot, and stand
/// `fill` zero bytes apart. May write some bytes after the last text.
pub(crate) fn write(frames: &[u8], slots: &[Slot], overhead: usize, fill: usize, out: &mut [u8]) {
    let (mut from, mut to) = (0, 0);
    for slot in slots {
        let len = overhead + slot.len();
        out[to..to + PREFIX.len()].copy_from_slice(&PREFIX);
        encode(&frames[from..from + len.next_multiple_of(3)], &mut out[to + PREFIX.len()..]);
        from += len + fill;
        to += text_len(len);
    }
}

/// Four characters for each three bytes.
fn encode(bytes: &[u8], out: &mut [u8]) {
    for (group, four) in bytes.as_chunks::<3>().0.iter().zip(out.as_chunks_mut::<4>().0) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        *four = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]);
    }
}

/// Appends the frame of one text to `frames`, or nothing and false if it is not the text of any.
pub(crate) fn read(text: &[u8], frames: &mut Vec<u8>) -> bool {
    let Some(len) = frame_len(text.len()) else { return false };
    let Some(encoded) = text.strip_prefix(&PREFIX) else { return false };
    let start = frames.len();
    let (groups, rest) = encoded.as_chunks::<4>();
    let mut last = *b"AAAA";
    last[..rest.len()].copy_from_slice(rest);
    let mut wrong = 0;
    for group in groups.iter().chain((!rest.is_empty()).then_some(&last)) {
        let values = group.map(|character| VALUES[usize::from(character)]);
        wrong |= values[0] | values[1] | values[2] | values[3];
        let bits = values.iter().fold(0, |bits, value| bits << 6 | u32::from(value & 63));
        frames.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    // Bits that no byte uses are zero, or a frame had several texts.
    let unused = frames[start + len..].iter().fold(0, |bits, byte| bits | byte);
    let good = wrong & 0x80 == 0 && unused == 0;
    frames.truncate(if good { start + len } else { start });
    good
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Random;

    /// Bit by bit, as RFC 4648 describes it.
    fn plainly(bytes: &[u8]) -> Vec<u8> {
        let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
        let character = |first: usize| {
            let six = (first..first + 6).fold(0, |six, at| six << 1 | bit(at));
            ALPHABET[usize::from(six)]
        };
        let body = (0..bytes.len() * 8).step_by(6).map(character);
        PREFIX.iter().copied().chain(body).collect()
    }

    fn read_one(text: &[u8]) -> Option<Vec<u8>> {
        let mut frames = b"before".to_vec();
        let good = read(text, &mut frames);
        assert!(good || frames == b"before");
        good.then(|| frames[6..].to_vec())
    }

    #[test]
    fn texts_are_as_described_and_read_back_at_every_length() {
        let mut random = Random::new(8);
        let lengths: Vec<usize> = (0..300).chain((0..300).rev()).collect();
        let frames: Vec<Vec<u8>> = lengths.iter().map(|len| random.bytes(len + 3)).collect();
        let (mut aside, mut slots, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for frame in &frames {
            // Three bytes of each are said to be overhead.
            slots.push(Slot { len: frame.len() as u32 - 3, ..Slot::default() });
            aside.extend_from_slice(frame);
            aside.extend([0; 2]);
            wanted.extend(plainly(frame));
            assert_eq!(plainly(frame).len(), text_len(frame.len()));
            assert_eq!(read_one(&plainly(frame)).as_ref(), Some(frame));
        }
        aside.extend([0x5A; 80]);
        let mut out = vec![0; wanted.len() + 80];
        write(&aside, &slots, 3, 2, &mut out);
        assert!(out[..wanted.len()] == wanted);
    }

    #[test]
    fn a_frame_has_one_text() {
        for len in 1..120 {
            let text = plainly(&vec![0xA5; len]);
            for at in 0..text.len() {
                for character in 0..=255 {
                    let mut other = text.clone();
                    other[at] = character;
                    if let Some(frame) = read_one(&other) {
                        assert_eq!(plainly(&frame), other);
                    } else {
                        assert_ne!(other, text);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_cut_off_or_padded_is_no_text() {
        let text = plainly(b"four");
        for wrong in [&text[..4], &text[1..], &[&text[..], b"="].concat(), &text[..6], b""] {
            assert_eq!(read_one(wrong), None);
        }
        assert_eq!(read_one(b"lkg1_"), Some(Vec::new()));
        assert_eq!(read_one(b"lkg1_AB"), None);
        assert_eq!(read_one(b"lkg1_AAB"), None);
    }
}
