//! Floats, widened to binary64 and written as ECMAScript's `Number::toString` does.

/// As ECMAScript writes it (RFC 8785, section 3.2.2.3), but `-0` keeps its sign.
pub fn write(value: f64, data: &mut Vec<u8>) {
    if value == 0.0 && value.is_sign_negative() {
        data.push(b'-');
    }
    data.extend_from_slice(ryu_js::Buffer::new().format(value).as_bytes());
}

/// The same number as IEEE 754 binary64.
pub fn widened(half: u16) -> f64 {
    let sign = u64::from(half >> 15) << 63;
    let exponent = half >> 10 & 0x1f;
    let fraction = half & 0x3ff;
    if exponent == 0 {
        // Subnormal: so many times 2^-24, exact in binary64.
        let magnitude = f64::from(fraction) / f64::from(1_u32 << 24);
        return f64::from_bits(magnitude.to_bits() | sign);
    }
    // The bias is 15 here and 1023 there; all ones stand for infinity and NaN in both.
    let wide = if exponent == 0x1f { 0x7ff } else { u64::from(exponent) + 1023 - 15 };
    f64::from_bits(sign | wide << 52 | u64::from(fraction) << 42)
}
