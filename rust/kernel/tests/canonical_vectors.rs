//! The published vectors of the canonical encoding (tests/vectors/canonical_v1.json).

mod columns;

use columns::one;
use lockgate_kernel::canonical::Normaliser;
use lockgate_kernel::column::{Bits, Bytes, Fixed, Ranges, Unit, Values};

const VECTORS: &str = include_str!("../../../tests/vectors/canonical_v1.json");

/// The string that begins after a `"`, unescaped.
fn string(json: &str) -> String {
    let mut text = String::new();
    let mut chars = json.chars();
    while let Some(next) = chars.next() {
        match next {
            '"' => break,
            '\\' => match chars.next().unwrap() {
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let point = u32::from_str_radix(&digits, 16).unwrap();
                    text.push(char::from_u32(point).expect("no pairs of surrogates here"));
                }
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                plain => text.push(plain),
            },
            plain => text.push(plain),
        }
    }
    text
}

/// What stands after a name: a string unescaped, anything else as it is.
fn field(vector: &str, name: &str) -> String {
    let (_, after) = vector.split_once(&format!("\"{name}\": ")).unwrap();
    match after.strip_prefix('"') {
        Some(begun) => string(begun),
        None => after.split([',', '\n', '}']).next().unwrap().trim().to_owned(),
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// The stored integer of a decimal, as 32 little-endian bytes.
fn unscaled(text: &str, scale: i32) -> [u8; 32] {
    let (whole, fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches('-');
    let mut digits = format!("{whole}{fraction}");
    let after = fraction.len() as i32;
    if scale >= after {
        digits.push_str(&"0".repeat((scale - after) as usize));
    } else {
        digits.truncate(digits.len() - (after - scale) as usize);
    }
    let mut bytes = [0_u8; 32];
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = carry as u8;
            carry >>= 8;
        }
    }
    if text.starts_with('-') {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    bytes
}

fn decimal(kind: &str, text: &str, normaliser: Normaliser) -> Option<Vec<u8>> {
    let scale = kind.trim_end_matches(')').rsplit(", ").next().unwrap().parse().unwrap();
    let bytes = unscaled(text, scale);
    let [narrow, short] = [i128::from_le_bytes(bytes[..16].try_into().unwrap()); 2];
    match &kind[..10] {
        "decimal32(" => one(Values::Decimal32 { values: &[short as i32], scale }, normaliser),
        "decimal64(" => one(Values::Decimal64 { values: &[short as i64], scale }, normaliser),
        "decimal128" => one(Values::Decimal128 { values: &[narrow], scale }, normaliser),
        _ => one(Values::Decimal256 { values: &[bytes], scale }, normaliser),
    }
}

fn temporal(kind: &str, value: i64, normaliser: Normaliser) -> Option<Vec<u8>> {
    let (name, parameters) = kind.split_once('[').unwrap();
    let unit = match parameters.split([',', ']']).next().unwrap() {
        "s" => Unit::Second,
        "ms" => Unit::Milli,
        "us" => Unit::Micro,
        _ => Unit::Nano,
    };
    let zoned = parameters.contains(',');
    match name {
        "time32" => one(Values::Time32 { values: &[value as i32], unit }, normaliser),
        "time64" => one(Values::Time64 { values: &[value], unit }, normaliser),
        _ => one(Values::Timestamp { values: &[value], unit, zoned }, normaliser),
    }
}

fn bytes(value: &[u8], normaliser: Normaliser, text: bool) -> Option<Vec<u8>> {
    let offsets = [0, value.len() as i32];
    let bytes = Bytes::Small(Ranges::new(&offsets, value).unwrap());
    one(if text { Values::Text(bytes) } else { Values::Binary(bytes) }, normaliser)
}

fn encode(kind: &str, value: &str, normaliser: Normaliser) -> Option<Vec<u8>> {
    let whole = |text: &str| text.parse::<i64>().unwrap();
    let bits = |text: &str| u64::from_str_radix(text, 16).unwrap();
    match kind {
        "bool" => {
            let flag = [u8::from(value == "true")];
            one(Values::Bool(Bits::new(&flag, 0, 1).unwrap()), normaliser)
        }
        "int8" => one(Values::Int8(&[whole(value) as i8]), normaliser),
        "int32" => one(Values::Int32(&[whole(value) as i32]), normaliser),
        "int64" => one(Values::Int64(&[whole(value)]), normaliser),
        "uint64" => one(Values::UInt64(&[value.parse().unwrap()]), normaliser),
        "date32" => one(Values::Date32(&[whole(value) as i32]), normaliser),
        "date64" => one(Values::Date64(&[whole(value)]), normaliser),
        "float16" => one(Values::Float16(&[bits(value) as u16]), normaliser),
        "float32" => one(Values::Float32(&[f32::from_bits(bits(value) as u32)]), normaliser),
        "float64" => one(Values::Float64(&[f64::from_bits(bits(value))]), normaliser),
        "utf8" => bytes(value.as_bytes(), normaliser, true),
        "binary" => bytes(&hex(value), normaliser, false),
        "fixed_size_binary[2]" => {
            let fixed = hex(value);
            one(Values::Binary(Bytes::Fixed(Fixed::new(2, 1, &fixed).unwrap())), normaliser)
        }
        _ if kind.starts_with("decimal") => decimal(kind, value, normaliser),
        _ => temporal(kind, whole(value), normaliser),
    }
}

#[test]
fn every_published_vector() {
    let vectors: Vec<&str> = VECTORS.split("{\n   \"type\"").skip(1).collect();
    assert!(vectors.len() > 80);
    for vector in vectors {
        let vector = format!("\"type\"{vector}");
        let (kind, value) = (field(&vector, "type"), field(&vector, "value"));
        let normaliser = Normaliser::from_name(&field(&vector, "normaliser")).unwrap();
        let canonical = field(&vector, "canonical");
        let expected = match canonical.strip_prefix("hex:") {
            _ if vector.contains("\"canonical\": null") => None,
            Some(digits) => Some(hex(digits)),
            None => Some(canonical.into_bytes()),
        };
        assert_eq!(encode(&kind, &value, normaliser), expected, "{kind} {normaliser:?} {value:?}");
    }
}
