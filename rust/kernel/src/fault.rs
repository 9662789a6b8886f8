//! What can go wrong, in counts and names of rules: never a value, never a key.

/// A refusal. The binding turns each into one of Lockgate's own error classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The array is not laid out as Arrow says.
    Malformed,
    /// The type has no canonical encoding here.
    UnsupportedType,
    /// Floats are encrypted and masked only: equal floats need not be equal bytes.
    FloatNotDeterministic,
    /// So many values have no canonical encoding.
    NotEncodable {
        /// Values without an encoding.
        refused: usize,
    },
    /// A text column holds bytes that are not UTF-8.
    BrokenUtf8,
    /// The result would need offsets beyond 32 bits.
    TooBig,
    /// More rows than a nonce counter can tell apart.
    TooManyRows,
    /// A key is not as long as its algorithm takes.
    KeyLength {
        /// Bytes the algorithm takes.
        expected: usize,
    },
    /// A key number outside 1 to 2^24 - 1.
    KeyNumber,
    /// So many values are no frames.
    NotFrames {
        /// Values that are not frames.
        refused: usize,
    },
    /// Frames name a key that was not given.
    NoKey {
        /// The first key number missing.
        number: u32,
    },
    /// Frames are of an algorithm that has no place here.
    WrongKind,
    /// So many frames do not open.
    DoNotOpen {
        /// Frames that do not open.
        refused: usize,
    },
    /// So many texts have too few or too many numerals, or a character that would stay clear.
    NotFitting {
        /// Texts that do not fit.
        refused: usize,
    },
    /// So many values have no subject to be encrypted for.
    NoSubject {
        /// Values about nobody.
        refused: usize,
    },
    /// So many values have no record to be bound to.
    NoRecord {
        /// Values without a record.
        refused: usize,
    },
    /// The operating system gave no random bytes.
    NoRandom,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{self:?}")
    }
}

impl std::error::Error for Fault {}

/// What a kernel function returns.
pub type Outcome<T> = Result<T, Fault>;
