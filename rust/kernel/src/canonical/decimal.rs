//! Decimals: plain notation from the stored integer and the scale.

/// Digits of 2^256.
const MOST_DIGITS: usize = 78;
/// The most decimal digits that a word takes.
const WORD_DIGITS: usize = 19;
const WORD_LIMIT: u128 = 10_u128.pow(WORD_DIGITS as u32);

/// A decimal of up to 128 bits.
pub fn write(value: i128, scale: i32, data: &mut Vec<u8>) {
    let magnitude = value.unsigned_abs();
    let mut digits = itoa::Buffer::new();
    let digits = match u64::try_from(magnitude) {
        Ok(short) => digits.format(short),
        Err(_) => digits.format(magnitude),
    };
    place(value < 0, digits.as_bytes(), scale, data);
}

/// A decimal of 256 bits: little-endian two's complement.
pub fn write_256(bytes: &[u8; 32], scale: i32, data: &mut Vec<u8>) {
    let (low, high) = bytes.split_at(16);
    let low = i128::from_le_bytes(low.try_into().unwrap_or_default());
    let high = i128::from_le_bytes(high.try_into().unwrap_or_default());
    if high == low >> 127 {
        return write(low, scale, data);
    }
    let negative = high < 0;
    let mut words = [0_u64; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    if negative {
        let mut carry = true;
        for word in &mut words {
            (*word, carry) = (!*word).overflowing_add(u64::from(carry));
        }
    }
    let mut room = [b'0'; MOST_DIGITS];
    let mut start = MOST_DIGITS;
    let mut digits = itoa::Buffer::new();
    while let Some(last) = words.iter().rposition(|word| *word != 0) {
        let text = digits.format(take(&mut words[..=last])).as_bytes();
        room[start - text.len()..start].copy_from_slice(text);
        // Zeros before a word's digits are there already.
        start = start.saturating_sub(WORD_DIGITS);
    }
    let first = room.iter().position(|digit| *digit != b'0').unwrap_or(MOST_DIGITS - 1);
    place(negative, &room[first..], scale, data);
}

/// Divides by the power of ten that fits a word; the remainder.
fn take(words: &mut [u64]) -> u64 {
    let mut rest = 0_u128;
    for word in words.iter_mut().rev() {
        let dividend = rest << 64 | u128::from(*word);
        *word = (dividend / WORD_LIMIT) as u64;
        rest = dividend % WORD_LIMIT;
    }
    rest as u64
}

/// The digits of an integer with the point before the last `scale` of them.
fn place(negative: bool, digits: &[u8], scale: i32, data: &mut Vec<u8>) {
    if digits == b"0" {
        return data.push(b'0');
    }
    if negative {
        data.push(b'-');
    }
    let after = scale.unsigned_abs() as usize;
    if scale <= 0 {
        data.extend_from_slice(digits);
        data.resize(data.len() + after, b'0');
        return;
    }
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(after));
    data.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
    data.push(b'.');
    data.resize(data.len() + after - fraction.len(), b'0');
    data.extend_from_slice(fraction);
    // The point is in the way of the zeros before it.
    while data.last() == Some(&b'0') {
        data.pop();
    }
    if data.last() == Some(&b'.') {
        data.pop();
    }
}
