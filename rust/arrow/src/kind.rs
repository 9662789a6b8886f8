//! Arrow types by their format strings.

use lockgate_kernel::column::Unit;
use lockgate_kernel::fault::{Fault, Outcome};

/// How byte strings lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// 32-bit offsets.
    Small,
    /// 64-bit offsets.
    Large,
    /// 16-byte views.
    View,
    /// So many bytes each.
    Fixed(usize),
}

/// A type that a kernel may be handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Null,
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    Decimal32(i32),
    Decimal64(i32),
    Decimal128(i32),
    Decimal256(i32),
    Date32,
    Date64,
    Time32(Unit),
    Time64(Unit),
    Timestamp { unit: Unit, zoned: bool },
    Text(Layout),
    Binary(Layout),
}

impl Kind {
    /// The type of a format string of the C data interface. Nested and unheard-of ones are
    /// `UnsupportedType`.
    pub fn parse(format: &[u8]) -> Outcome<Self> {
        Ok(match format {
            b"n" => Self::Null,
            b"b" => Self::Bool,
            b"c" => Self::Int8,
            b"s" => Self::Int16,
            b"i" => Self::Int32,
            b"l" => Self::Int64,
            b"C" => Self::UInt8,
            b"S" => Self::UInt16,
            b"I" => Self::UInt32,
            b"L" => Self::UInt64,
            b"e" => Self::Float16,
            b"f" => Self::Float32,
            b"g" => Self::Float64,
            b"z" => Self::Binary(Layout::Small),
            b"Z" => Self::Binary(Layout::Large),
            b"vz" => Self::Binary(Layout::View),
            b"u" => Self::Text(Layout::Small),
            b"U" => Self::Text(Layout::Large),
            b"vu" => Self::Text(Layout::View),
            b"tdD" => Self::Date32,
            b"tdm" => Self::Date64,
            b"tts" => Self::Time32(Unit::Second),
            b"ttm" => Self::Time32(Unit::Milli),
            b"ttu" => Self::Time64(Unit::Micro),
            b"ttn" => Self::Time64(Unit::Nano),
            [b't', b's', unit, b':', zone @ ..] => {
                Self::Timestamp { unit: unit_of(*unit)?, zoned: !zone.is_empty() }
            }
            [b'w', b':', width @ ..] => Self::Binary(Layout::Fixed(number(width)?)),
            [b'd', b':', decimal @ ..] => Self::decimal(decimal)?,
            _ => return Err(Fault::UnsupportedType),
        })
    }

    /// `precision,scale` or `precision,scale,bits`.
    fn decimal(text: &[u8]) -> Outcome<Self> {
        let mut parts = text.split(|byte| *byte == b',');
        let mut next = || parts.next();
        let (Some(_), Some(scale)) = (next(), next()) else {
            return Err(Fault::UnsupportedType);
        };
        let scale = number(scale)?;
        match (next(), next()) {
            (Some(b"32"), None) => Ok(Self::Decimal32(scale)),
            (Some(b"64"), None) => Ok(Self::Decimal64(scale)),
            (None | Some(b"128"), None) => Ok(Self::Decimal128(scale)),
            (Some(b"256"), None) => Ok(Self::Decimal256(scale)),
            _ => Err(Fault::UnsupportedType),
        }
    }

    /// Buffers of such an array, counting validity; of views, at least.
    #[must_use]
    pub(crate) fn buffers(self) -> usize {
        match self {
            Self::Null => 0,
            Self::Text(Layout::Small | Layout::Large | Layout::View)
            | Self::Binary(Layout::Small | Layout::Large | Layout::View) => 3,
            _ => 2,
        }
    }

    /// Bytes of one element of the first buffer after validity, and their alignment; nothing for
    /// null and for bits.
    #[must_use]
    pub(crate) fn element(self) -> Option<(usize, usize)> {
        let plain = |size: usize| Some((size, size));
        match self {
            Self::Null | Self::Bool => None,
            Self::Int8 | Self::UInt8 => plain(1),
            Self::Int16 | Self::UInt16 | Self::Float16 => plain(2),
            Self::Int32
            | Self::UInt32
            | Self::Float32
            | Self::Decimal32(_)
            | Self::Date32
            | Self::Time32(_)
            | Self::Text(Layout::Small)
            | Self::Binary(Layout::Small) => plain(4),
            Self::Int64
            | Self::UInt64
            | Self::Float64
            | Self::Decimal64(_)
            | Self::Date64
            | Self::Time64(_)
            | Self::Timestamp { .. }
            | Self::Text(Layout::Large)
            | Self::Binary(Layout::Large) => plain(8),
            Self::Decimal128(_) => Some((16, align_of::<i128>())),
            Self::Decimal256(_) => Some((32, 1)),
            Self::Text(Layout::View) | Self::Binary(Layout::View) => Some((16, 1)),
            Self::Text(Layout::Fixed(width)) | Self::Binary(Layout::Fixed(width)) => {
                Some((width, 1))
            }
        }
    }

    /// Whether buffers of this type are buffers of the other one: as many, of elements as wide, and
    /// bytes that are text in both or in neither.
    #[must_use]
    pub(crate) fn is_laid_out_as(self, other: Self) -> bool {
        let lies = |kind: Self| {
            let width = kind.element().map(|(width, _)| width);
            (kind.buffers(), width, kind.has_offsets(), matches!(kind, Self::Text(_)))
        };
        lies(self) == lies(other)
    }

    /// Whether the first buffer holds one element more than there are rows.
    #[must_use]
    pub(crate) fn has_offsets(self) -> bool {
        matches!(
            self,
            Self::Text(Layout::Small | Layout::Large) | Self::Binary(Layout::Small | Layout::Large)
        )
    }

    /// Whether it is text or binary in views.
    #[must_use]
    pub(crate) fn is_view(self) -> bool {
        matches!(self, Self::Text(Layout::View) | Self::Binary(Layout::View))
    }
}

fn unit_of(letter: u8) -> Outcome<Unit> {
    match letter {
        b's' => Ok(Unit::Second),
        b'm' => Ok(Unit::Milli),
        b'u' => Ok(Unit::Micro),
        b'n' => Ok(Unit::Nano),
        _ => Err(Fault::UnsupportedType),
    }
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Outcome<T> {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(Fault::UnsupportedType)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Layout};
    use lockgate_kernel::fault::Fault;

    #[test]
    fn a_type_is_laid_out_as_one_of_its_width() {
        let fits = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|format| Kind::parse(format.as_bytes()).unwrap());
            one.is_laid_out_as(other) && other.is_laid_out_as(one)
        };
        for (one, other) in [("i", "tdD"), ("l", "tsu:UTC"), ("w:16", "d:12,2"), ("b", "b")] {
            assert!(fits(one, other), "{one} {other}");
        }
        for (one, other) in
            [("u", "z"), ("u", "i"), ("l", "i"), ("b", "C"), ("w:16", "d:70,2,256"), ("n", "b")]
        {
            assert!(!fits(one, other), "{one} {other}");
        }
    }

    #[test]
    fn formats_are_read_whole() {
        let good = [
            ("d:10,2", Kind::Decimal128(2)),
            ("d:5,-3,128", Kind::Decimal128(-3)),
            ("d:9,0,32", Kind::Decimal32(0)),
            ("d:76,1,256", Kind::Decimal256(1)),
            ("w:0", Kind::Binary(Layout::Fixed(0))),
        ];
        for (format, kind) in good {
            assert_eq!(Kind::parse(format.as_bytes()), Ok(kind));
        }
        let bad = [
            "",
            "d:",
            "d:10",
            "d:10,2,128,1",
            "d:10,2,48",
            "d:10,99999999999",
            "w:",
            "w:-1",
            "tsx:",
            "ts",
        ];
        for format in bad {
            assert_eq!(Kind::parse(format.as_bytes()), Err(Fault::UnsupportedType), "{format}");
        }
    }
}
