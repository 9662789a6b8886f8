//! FF1 under one key, radix and tweak: 64 number strings of one length at a time.

use aes::cipher::consts::U16;
use aes::cipher::{Array, BlockCipherEncrypt, BlockSizeUser};

use super::half::{Half, Modulus};

/// Number strings whose rounds go through AES together: as many as its widest backend takes.
pub const LANES: usize = 64;

/// Fewer strings than this go alone; from it on, idle lanes cost less than leaving the wide path.
const WORTH_FILLING: usize = 8;

const ROUNDS: u8 = 10;

type Block = Array<u8, U16>;

/// A block cipher of 16-byte blocks: AES with a key of any length.
pub trait BlockCipher: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> {}
impl<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>> BlockCipher for C {}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// SP 800-38G, algorithm 7.
    Encrypt,
    /// SP 800-38G, algorithm 8.
    Decrypt,
}

/// What is the same for every string of one length.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Numerals of the first half, u; of the second, v.
    pub halves: (usize, usize),
    moduli: (u128, u128),
    /// Bytes of a half as a number: b.
    bytes: u32,
    /// The chain over P || Q up to the last block, and that block without round and half.
    start: u128,
}

/// How wide the halves' arithmetic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// `half::Short`.
    Short,
    /// `half::Medium`.
    Medium,
    /// `half::Long`.
    Long,
}

impl Shape {
    /// For strings of `length` numerals, of which the longer half is below 2^96.
    pub fn new<C: BlockCipher>(cipher: &C, radix: u8, tweak: &[u8], length: usize) -> Self {
        let (u, v) = (length / 2, length - length / 2);
        let power = |m: usize| (0..m).fold(1u128, |product, _| product.wrapping_mul(radix.into()));
        let moduli = (power(u), power(v));
        let bytes = (moduli.1.wrapping_sub(1).checked_ilog2().unwrap_or(0) + 1).div_ceil(8);
        let mut chain = Chain { cipher, state: 0 };
        let p = [1, 2, 1, 0, 0, radix, ROUNDS, u as u8];
        chain.add(
            u128::from(u64::from_be_bytes(p)) << 64
                | u128::from(length as u32) << 32
                | u128::from(tweak.len() as u32),
        );
        // Q is the tweak, zeros, the round's number and the half; it ends with a block's end.
        let before = tweak.len() + (16 - (tweak.len() + bytes as usize + 1) % 16) % 16;
        let mut blocks = before / 16;
        let mut padded = tweak.iter().copied().chain(std::iter::repeat(0));
        while blocks > 0 {
            chain.add(u128::from_be_bytes(std::array::from_fn(|_| padded.next().unwrap_or(0))));
            blocks -= 1;
        }
        let last = padded.take(before % 16).fold(0u128, |sum, byte| sum << 8 | u128::from(byte));
        Self { halves: (u, v), moduli, bytes, start: chain.state ^ (last << (8 * (bytes + 1))) }
    }

    /// The narrowest arithmetic that holds the halves.
    #[must_use]
    pub fn width(&self) -> Width {
        match self.moduli.1 {
            0..=0x1_0000_0000 => Width::Short,
            0x1_0000_0001..=0xffff_ffff_ffff_ffff => Width::Medium,
            _ => Width::Long,
        }
    }

    /// Bits of a block beyond the round's number y, which is d = 4 ceil(b / 4) + 4 bytes.
    fn shift(&self) -> u32 {
        128 - 8 * (4 * self.bytes.div_ceil(4) + 4)
    }
}

/// CBC-MAC, the PRF of SP 800-38G (algorithm 6), begun.
struct Chain<'a, C> {
    cipher: &'a C,
    state: u128,
}

impl<C: BlockCipher> Chain<'_, C> {
    fn add(&mut self, block: u128) {
        let mut mixed = Block::from((self.state ^ block).to_be_bytes());
        self.cipher.encrypt_block(&mut mixed);
        self.state = u128::from_be_bytes(mixed.0);
    }
}

/// The halves of up to `LANES` strings of one length.
#[derive(Debug)]
pub struct Lanes<H> {
    /// First halves.
    pub a: [H; LANES],
    /// Second halves.
    pub b: [H; LANES],
}

impl<H: Half> Lanes<H> {
    /// All zero.
    #[must_use]
    pub fn new() -> Self {
        Self { a: [H::default(); LANES], b: [H::default(); LANES] }
    }

    /// Takes the first `used` strings through all rounds.
    pub fn permute<C: BlockCipher, M: Modulus<Half = H>>(
        &mut self,
        cipher: &C,
        shape: &Shape,
        used: usize,
        direction: Direction,
    ) {
        let first = M::new(shape.moduli.0, shape.shift());
        let second = M::new(shape.moduli.1, shape.shift());
        let filled = if used < WORTH_FILLING { used } else { LANES };
        // An even round changes first halves by second ones, an odd one second halves by first:
        // the halves stay where they are, and the standard's exchange of A and B is in that.
        for at in 0..ROUNDS {
            let round = if direction == Direction::Encrypt { at } else { ROUNDS - 1 - at };
            let (changed, by, modulus) = if round % 2 == 0 {
                (&mut self.a, &self.b, &first)
            } else {
                (&mut self.b, &self.a, &second)
            };
            let start = shape.start ^ u128::from(round) << (8 * shape.bytes);
            let changed = &mut changed[..filled];
            add(cipher, start, changed, &by[..filled], modulus, direction);
        }
    }
}

impl<H: Half> Default for Lanes<H> {
    fn default() -> Self {
        Self::new()
    }
}

/// One round: adds the round's number to (or takes it from) each half.
#[inline]
fn add<C: BlockCipher, M: Modulus>(
    cipher: &C,
    start: u128,
    changed: &mut [M::Half],
    by: &[M::Half],
    modulus: &M,
    direction: Direction,
) {
    let mut blocks = [Block::default(); LANES];
    let blocks = &mut blocks[..changed.len()];
    for (block, half) in blocks.iter_mut().zip(by) {
        block.0 = (start ^ half.widened()).to_be_bytes();
    }
    cipher.encrypt_blocks(blocks);
    let numbers = blocks.iter().map(|block| modulus.reduced(u128::from_be_bytes(block.0)));
    if direction == Direction::Encrypt {
        for (half, number) in changed.iter_mut().zip(numbers) {
            *half = modulus.sum(*half, number);
        }
    } else {
        for (half, number) in changed.iter_mut().zip(numbers) {
            *half = modulus.difference(*half, number);
        }
    }
}
