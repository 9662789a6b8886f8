//! A column of any type, with the buffers it borrows.

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use lockgate_kernel::column::{Bits, Column, Unit, Values};
use lockgate_kernel::fault::Outcome;

use crate::strings::Strings;

/// Buffers of one array.
#[derive(Debug)]
pub struct Given {
    rows: usize,
    /// Bits before the first row's.
    lead: usize,
    validity: Option<Vec<u8>>,
    held: Held,
}

#[derive(Debug)]
enum Held {
    Null,
    Bool(Vec<u8>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    UInt8(Vec<u8>),
    UInt16(Vec<u16>),
    UInt32(Vec<u32>),
    UInt64(Vec<u64>),
    Float16(Vec<u16>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal32(Vec<i32>, i32),
    Decimal64(Vec<i64>, i32),
    Decimal128(Vec<i128>, i32),
    Decimal256(Vec<[u8; 32]>, i32),
    Date32(Vec<i32>),
    Date64(Vec<i64>),
    Time32(Vec<i32>, Unit),
    Time64(Vec<i64>, Unit),
    Timestamp(Vec<i64>, Unit, bool),
    Text(Strings),
    Binary(Strings),
}

impl Given {
    /// Any type.
    pub fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        let rows = rows(u)?;
        let held = Held::draw(u, rows)?;
        Self::around(u, rows, held)
    }

    /// Text.
    pub fn text(u: &mut Unstructured<'_>) -> Result<Self> {
        let rows = rows(u)?;
        let held = Held::Text(Strings::draw(u, rows, true)?);
        Self::around(u, rows, held)
    }

    /// Bytes, or text that mostly is no text.
    pub fn bytes(u: &mut Unstructured<'_>) -> Result<Self> {
        let rows = rows(u)?;
        let strings = Strings::draw(u, rows, false)?;
        let fixed = matches!(strings, Strings::Fixed { .. });
        let text = !fixed && u.arbitrary()?;
        Self::around(u, rows, if text { Held::Text(strings) } else { Held::Binary(strings) })
    }

    /// `values` in 32-bit offsets, null where there is none.
    #[must_use]
    pub fn nullable(values: &[Option<Vec<u8>>], text: bool) -> Self {
        let slots: Vec<Vec<u8>> = values.iter().map(|v| v.clone().unwrap_or_default()).collect();
        let bits = values.chunks(8).map(|chunk| {
            chunk.iter().rev().fold(0, |bits, value| bits << 1 | u8::from(value.is_some()))
        });
        Self { validity: Some(bits.collect()), ..Self::of(&slots, text) }
    }

    /// `values` in 32-bit offsets.
    #[must_use]
    pub fn of(values: &[Vec<u8>], text: bool) -> Self {
        let mut offsets = vec![0];
        let mut data = Vec::new();
        for value in values {
            data.extend_from_slice(value);
            offsets.push(data.len() as i32);
        }
        let strings = Strings::Small { offsets, data };
        let held = if text { Held::Text(strings) } else { Held::Binary(strings) };
        Self { rows: values.len(), lead: 0, validity: None, held }
    }

    fn around(u: &mut Unstructured<'_>, rows: usize, held: Held) -> Result<Self> {
        let lead = u.int_in_range(0..=17)?;
        let validity = if u.arbitrary()? {
            let drawn: [u8; 8] = u.arbitrary()?;
            Some(drawn.into_iter().cycle().take((lead + rows).div_ceil(8)).collect())
        } else {
            None
        };
        Ok(Self { rows, lead, validity, held })
    }

    /// Runs `work` on the column; the refusal if it is not laid out as Arrow says.
    pub fn with<T>(&self, work: impl FnOnce(&Column<'_>) -> T) -> Outcome<T> {
        let bits = |bytes| Bits::new(bytes, self.lead, self.rows);
        let validity = self.validity.as_deref().map(bits).transpose()?;
        let whole = |values| Column { len: self.rows, validity, values };
        let len = self.rows;
        Ok(match &self.held {
            Held::Text(strings) => {
                return strings.with(validity, |bytes| {
                    work(&Column { len, validity, values: Values::Text(bytes) })
                });
            }
            Held::Binary(strings) => {
                return strings.with(validity, |bytes| {
                    work(&Column { len, validity, values: Values::Binary(bytes) })
                });
            }
            Held::Null => work(&whole(Values::Null)),
            Held::Bool(bytes) => work(&whole(Values::Bool(bits(bytes)?))),
            Held::Int8(values) => work(&whole(Values::Int8(values))),
            Held::Int16(values) => work(&whole(Values::Int16(values))),
            Held::Int32(values) => work(&whole(Values::Int32(values))),
            Held::Int64(values) => work(&whole(Values::Int64(values))),
            Held::UInt8(values) => work(&whole(Values::UInt8(values))),
            Held::UInt16(values) => work(&whole(Values::UInt16(values))),
            Held::UInt32(values) => work(&whole(Values::UInt32(values))),
            Held::UInt64(values) => work(&whole(Values::UInt64(values))),
            Held::Float16(values) => work(&whole(Values::Float16(values))),
            Held::Float32(values) => work(&whole(Values::Float32(values))),
            Held::Float64(values) => work(&whole(Values::Float64(values))),
            &Held::Decimal32(ref values, scale) => {
                work(&whole(Values::Decimal32 { values, scale }))
            }
            &Held::Decimal64(ref values, scale) => {
                work(&whole(Values::Decimal64 { values, scale }))
            }
            &Held::Decimal128(ref values, scale) => {
                work(&whole(Values::Decimal128 { values, scale }))
            }
            &Held::Decimal256(ref values, scale) => {
                work(&whole(Values::Decimal256 { values, scale }))
            }
            Held::Date32(values) => work(&whole(Values::Date32(values))),
            Held::Date64(values) => work(&whole(Values::Date64(values))),
            &Held::Time32(ref values, unit) => work(&whole(Values::Time32 { values, unit })),
            &Held::Time64(ref values, unit) => work(&whole(Values::Time64 { values, unit })),
            &Held::Timestamp(ref values, unit, zoned) => {
                work(&whole(Values::Timestamp { values, unit, zoned }))
            }
        })
    }
}

impl Held {
    fn draw(u: &mut Unstructured<'_>, rows: usize) -> Result<Self> {
        Ok(match u.int_in_range(0..=25)? {
            0 => Self::Null,
            1 => Self::Bool(numbers(u, (rows + 17).div_ceil(8))?),
            2 => Self::Int8(numbers(u, rows)?),
            3 => Self::Int16(numbers(u, rows)?),
            4 => Self::Int32(numbers(u, rows)?),
            5 => Self::Int64(numbers(u, rows)?),
            6 => Self::UInt8(numbers(u, rows)?),
            7 => Self::UInt16(numbers(u, rows)?),
            8 => Self::UInt32(numbers(u, rows)?),
            9 => Self::UInt64(numbers(u, rows)?),
            10 => Self::Float16(numbers(u, rows)?),
            11 => Self::Float32(numbers(u, rows)?),
            12 => Self::Float64(numbers(u, rows)?),
            13 => Self::Decimal32(numbers(u, rows)?, u.int_in_range(-400..=400)?),
            14 => Self::Decimal64(numbers(u, rows)?, u.int_in_range(-400..=400)?),
            15 => Self::Decimal128(numbers(u, rows)?, u.int_in_range(-400..=400)?),
            16 => Self::Decimal256(numbers(u, rows)?, u.int_in_range(-400..=400)?),
            17 => Self::Date32(numbers(u, rows)?),
            18 => Self::Date64(numbers(u, rows)?),
            19 => Self::Time32(numbers(u, rows)?, unit(u)?),
            20 => Self::Time64(numbers(u, rows)?, unit(u)?),
            21 | 22 => Self::Timestamp(numbers(u, rows)?, unit(u)?, u.arbitrary()?),
            23 | 24 => Self::Text(Strings::draw(u, rows, true)?),
            _ => Self::Binary(Strings::draw(u, rows, false)?),
        })
    }
}

/// Few rows most of the time; now and then more than are worked on at once.
fn rows(u: &mut Unstructured<'_>) -> Result<usize> {
    let most = if u.ratio(1, 12)? { 2100 } else { 20 };
    u.int_in_range(0..=most)
}

fn unit(u: &mut Unstructured<'_>) -> Result<Unit> {
    u.choose(&[Unit::Second, Unit::Milli, Unit::Micro, Unit::Nano]).copied()
}

/// Some numbers drawn, then repeated up to `rows`.
fn numbers<'a, T: Arbitrary<'a> + Clone>(u: &mut Unstructured<'a>, rows: usize) -> Result<Vec<T>> {
    let drawn = (0..rows.min(24)).map(|_| u.arbitrary()).collect::<Result<Vec<T>>>()?;
    Ok(drawn.iter().cycle().take(rows).cloned().collect())
}
