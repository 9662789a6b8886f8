//! A growing list of places in a text.

/// Places, rising.
#[derive(Debug)]
pub(super) struct Marks {
    places: Vec<i64>,
    len: usize,
}

impl Marks {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { places: vec![0; capacity.max(1)], len: 0 }
    }

    /// The same places, and room for as many.
    pub(super) fn of(places: &[i64]) -> Self {
        let mut marks = Self::with_capacity(2 * places.len());
        marks.places[..places.len()].copy_from_slice(places);
        marks.len = places.len();
        marks
    }

    /// The places of the bits that are set, from `base` on.
    #[inline(always)]
    pub(super) fn push_bits(&mut self, bits: u64, base: usize) {
        self.push(base as i64 + i64::from(bits.trailing_zeros()));
        // Most words have one bit or none: that one is taken back without asking.
        let count = bits.count_ones() as usize;
        if count > 1 {
            let mut rest = bits & (bits - 1);
            while rest != 0 {
                self.push(base as i64 + i64::from(rest.trailing_zeros()));
                rest &= rest - 1;
            }
        } else {
            self.len += count;
            self.len -= 1;
        }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, place: i64) {
        if self.len == self.places.len() {
            self.places.resize(2 * self.len, 0);
        }
        self.places[self.len] = place;
        self.len += 1;
    }

    pub(super) fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }

    pub(super) fn get(&self) -> &[i64] {
        &self.places[..self.len]
    }

    pub(super) fn last(&self) -> i64 {
        self.get().last().copied().unwrap_or(0)
    }

    /// Leaves out the places behind `limit`.
    pub(super) fn keep_to(&mut self, limit: i64) {
        self.len = self.get().partition_point(|place| *place <= limit);
    }

    /// The places, in no more memory than they need.
    pub(super) fn finish(mut self) -> Vec<i64> {
        self.places.truncate(self.len);
        self.places.shrink_to_fit();
        self.places
    }
}
