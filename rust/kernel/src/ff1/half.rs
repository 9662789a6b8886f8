//! Halves of a number string as integers, and sums of them modulo a power of the radix.

use std::hint::select_unpredictable;

/// A half: an integer below 2^64 or 2^128, wide enough for it and one numeral more.
pub trait Half: Copy + Default {
    /// The value of numerals, the most significant first.
    fn of(numerals: impl Iterator<Item = u8>, radix: u64) -> Self;

    /// Writes the numerals as `characters`, with leading zeros, over all of `out`.
    fn write<const RADIX: u64>(self, characters: &[u8], out: &mut [u8]);

    /// As part of a block.
    fn widened(self) -> u128;
}

impl Half for u64 {
    #[inline]
    fn of(numerals: impl Iterator<Item = u8>, radix: u64) -> Self {
        numerals.fold(0, |sum, value| sum.wrapping_mul(radix).wrapping_add(value.into()))
    }

    /// Two at a time: each division waits for the one before.
    #[inline]
    fn write<const RADIX: u64>(mut self, characters: &[u8], out: &mut [u8]) {
        let (first, pairs) = out.as_rchunks_mut::<2>();
        for [left, right] in pairs.iter_mut().rev() {
            let pair = self % const { RADIX * RADIX };
            self /= const { RADIX * RADIX };
            *left = characters[(pair / RADIX) as usize];
            *right = characters[(pair % RADIX) as usize];
        }
        for place in first {
            *place = characters[(self % RADIX) as usize];
        }
    }

    #[inline]
    fn widened(self) -> u128 {
        self.into()
    }
}

impl Half for u128 {
    #[inline]
    fn of(numerals: impl Iterator<Item = u8>, radix: u64) -> Self {
        let radix = Self::from(radix);
        numerals.fold(0, |sum, value| sum.wrapping_mul(radix).wrapping_add(value.into()))
    }

    /// In two pieces that fit a machine word: a half is below 2^96, and any radix^10 from 2^33 to
    /// 2^60.
    #[inline]
    fn write<const RADIX: u64>(self, characters: &[u8], out: &mut [u8]) {
        let (high, low) = out.split_at_mut(out.len().saturating_sub(10));
        let split = Self::from(const { RADIX.pow(10) });
        ((self % split) as u64).write::<RADIX>(characters, low);
        ((self / split) as u64).write::<RADIX>(characters, high);
    }

    #[inline]
    fn widened(self) -> u128 {
        self
    }
}

/// Arithmetic modulo radix^m, the size of one half's space.
pub trait Modulus: Copy {
    /// What the halves are.
    type Half: Half;

    /// For a modulus that suits it, and numbers y that are a block shifted right by `shift` bits.
    fn new(modulus: u128, shift: u32) -> Self;

    /// The round's number y, of the block's first bytes, modulo this.
    fn reduced(&self, block: u128) -> Self::Half;

    /// left + right.
    fn sum(&self, left: Self::Half, right: Self::Half) -> Self::Half;

    /// left - right.
    fn difference(&self, left: Self::Half, right: Self::Half) -> Self::Half;
}

macro_rules! sums {
    ($half:ty) => {
        #[inline]
        fn sum(&self, left: $half, right: $half) -> $half {
            self.difference(left, self.modulus.wrapping_sub(right))
        }

        /// Which way it goes is a coin's throw: a branch would be guessed wrong half of the time.
        #[inline]
        fn difference(&self, left: $half, right: $half) -> $half {
            let less = left.wrapping_sub(right);
            select_unpredictable(left < right, less.wrapping_add(self.modulus), less)
        }
    };
}

/// Halves of at most 4 bytes: y is 8 bytes, reduced by a product with the reciprocal.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    modulus: u64,
    reciprocal: u64,
}

impl Modulus for Short {
    type Half = u64;

    fn new(modulus: u128, _shift: u32) -> Self {
        let modulus = modulus as u64;
        Self { modulus, reciprocal: u64::MAX / modulus }
    }

    /// The quotient estimated by floor((2^64 - 1) / modulus) is the true one or one less.
    #[inline]
    fn reduced(&self, block: u128) -> u64 {
        let y = (block >> 64) as u64;
        let quotient = ((u128::from(y) * u128::from(self.reciprocal)) >> 64) as u64;
        let rest = y.wrapping_sub(quotient.wrapping_mul(self.modulus));
        self.difference(rest, self.modulus)
    }

    sums!(u64);
}

/// Halves of 5 to 8 bytes, below 2^64: y is 12 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Medium {
    modulus: u64,
}

impl Modulus for Medium {
    type Half = u64;

    fn new(modulus: u128, _shift: u32) -> Self {
        Self { modulus: modulus as u64 }
    }

    #[inline]
    fn reduced(&self, block: u128) -> u64 {
        ((block >> 32) % u128::from(self.modulus)) as u64
    }

    sums!(u64);
}

/// Halves of up to 12 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Long {
    modulus: u128,
    shift: u32,
}

impl Modulus for Long {
    type Half = u128;

    fn new(modulus: u128, shift: u32) -> Self {
        Self { modulus, shift }
    }

    #[inline]
    fn reduced(&self, block: u128) -> u128 {
        let y = block >> self.shift;
        if self.modulus.is_power_of_two() { y & (self.modulus - 1) } else { y % self.modulus }
    }

    sums!(u128);
}
