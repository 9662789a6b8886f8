//! Texts with equally many numerals, gathered until there are as many as go through AES together.

use super::alphabet::{Alphabet, Bytes};
use super::cipher::{BlockCipher, Direction, LANES, Lanes, Shape, Width};
use super::half::{Half, Long, Medium, Modulus, Short};
use super::{Ff1, alphabet};

/// Where a text stands in the output's bytes.
type Span = (usize, usize);

/// Texts waiting, by their count of numerals. They are rewritten where they stand.
#[derive(Debug)]
pub struct Groups<'a, C> {
    spec: Ff1<'a>,
    cipher: &'a C,
    direction: Direction,
    bytes: Bytes,
    by_length: [Option<Box<Group>>; alphabet::MOST + 1],
}

#[derive(Debug)]
struct Group {
    shape: Shape,
    spans: Vec<Span>,
}

impl<'a, C: BlockCipher> Groups<'a, C> {
    /// None waiting.
    pub fn new(spec: Ff1<'a>, cipher: &'a C, direction: Direction) -> Self {
        let bytes = spec.alphabet.bytes();
        Self { spec, cipher, direction, bytes, by_length: [const { None }; alphabet::MOST + 1] }
    }

    /// A text of `numerals` numerals (within `Alphabet::lengths`), from `start` to the end of `data`.
    #[inline]
    pub fn add(&mut self, numerals: usize, start: usize, data: &mut [u8]) {
        let (spec, cipher) = (self.spec, self.cipher);
        let group = self.by_length[numerals].get_or_insert_with(|| {
            let shape = Shape::new(cipher, spec.alphabet.radix(), spec.tweak, numerals);
            Box::new(Group { shape, spans: Vec::with_capacity(LANES) })
        });
        group.spans.push((start, data.len()));
        if group.spans.len() == LANES {
            let (shape, spans) = (group.shape, std::mem::take(&mut group.spans));
            self.rewrite(&shape, &spans, data);
            self.keep(numerals, spans);
        }
    }

    /// The texts that are still waiting.
    pub fn finish(mut self, data: &mut [u8]) {
        let waiting = std::mem::replace(&mut self.by_length, [const { None }; alphabet::MOST + 1]);
        for group in waiting.into_iter().flatten() {
            self.rewrite(&group.shape, &group.spans, data);
        }
    }

    fn keep(&mut self, numerals: usize, mut spans: Vec<Span>) {
        spans.clear();
        if let Some(group) = &mut self.by_length[numerals] {
            group.spans = spans;
        }
    }

    fn rewrite(&self, shape: &Shape, spans: &[Span], data: &mut [u8]) {
        match self.spec.alphabet {
            Alphabet::Digits => self.rewrite_radix::<10>(shape, spans, data),
            Alphabet::Hex | Alphabet::HexUpper => self.rewrite_radix::<16>(shape, spans, data),
            Alphabet::Alphanumeric | Alphabet::AlphanumericLower => {
                self.rewrite_radix::<36>(shape, spans, data);
            }
            Alphabet::AlphanumericMixed => self.rewrite_radix::<62>(shape, spans, data),
        }
    }

    fn rewrite_radix<const RADIX: u64>(&self, shape: &Shape, spans: &[Span], data: &mut [u8]) {
        match shape.width() {
            Width::Short => self.rewrite_all::<RADIX, Short>(shape, spans, data),
            Width::Medium => self.rewrite_all::<RADIX, Medium>(shape, spans, data),
            Width::Long => self.rewrite_all::<RADIX, Long>(shape, spans, data),
        }
    }

    fn rewrite_all<const RADIX: u64, M: Modulus>(
        &self,
        shape: &Shape,
        spans: &[Span],
        data: &mut [u8],
    ) {
        let mut lanes = Lanes::<M::Half>::new();
        for (lane, &(start, end)) in spans.iter().take(LANES).enumerate() {
            (lanes.a[lane], lanes.b[lane]) = self.read::<RADIX, _>(shape, &data[start..end]);
        }
        lanes.permute::<C, M>(self.cipher, shape, spans.len(), self.direction);
        for (lane, &(start, end)) in spans.iter().take(LANES).enumerate() {
            self.write::<RADIX, _>(shape, lanes.a[lane], lanes.b[lane], &mut data[start..end]);
        }
    }

    #[inline]
    fn read<const RADIX: u64, H: Half>(&self, shape: &Shape, text: &[u8]) -> (H, H) {
        let (u, v) = shape.halves;
        if text.len() == u + v {
            let half = |part: &[u8]| H::of(part.iter().map(|&byte| self.bytes.value(byte)), RADIX);
            return (half(&text[..u]), half(&text[u..]));
        }
        let mut values = [0u8; alphabet::MOST];
        let numerals = text.iter().filter(|&&byte| self.bytes.is_numeral(byte));
        for (value, &byte) in values.iter_mut().zip(numerals) {
            *value = self.bytes.value(byte);
        }
        let half = |part: &[u8]| H::of(part.iter().copied(), RADIX);
        (half(&values[..u]), half(&values[u..u + v]))
    }

    #[inline]
    fn write<const RADIX: u64, H: Half>(&self, shape: &Shape, a: H, b: H, text: &mut [u8]) {
        let (u, v) = shape.halves;
        let characters = self.spec.alphabet.characters();
        if text.len() == u + v {
            a.write::<RADIX>(characters, &mut text[..u]);
            b.write::<RADIX>(characters, &mut text[u..]);
            return;
        }
        let mut made = [0u8; alphabet::MOST];
        a.write::<RADIX>(characters, &mut made[..u]);
        b.write::<RADIX>(characters, &mut made[u..u + v]);
        let places = text.iter_mut().filter(|byte| self.bytes.is_numeral(**byte));
        for (place, character) in places.zip(&made[..u + v]) {
            *place = *character;
        }
    }
}
