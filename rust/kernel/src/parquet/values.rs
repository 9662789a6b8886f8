//! The values of pages, appended to a column.

use super::Limits;
use crate::varlen::Varlen;

/// What is copied at once, whether or not all of it belongs to the value.
const STEP: usize = 32;

/// A column that grows by pages. `None` stands for bytes that are not what they should be.
pub(super) trait Growing {
    /// The values of a dictionary page.
    fn dictionary(&mut self, page: &[u8], count: usize) -> Option<()>;
    /// Appends `count` values that stand one after another.
    fn plain(&mut self, page: &[u8], count: usize, there: &[u32]) -> Option<()>;
    /// Appends values of the dictionary.
    fn indexed(&mut self, indices: &[u32], there: &[u32]) -> Option<()>;
}

/// Numbers, decimals.
pub(super) struct Fixed<T> {
    pub values: Vec<T>,
    known: Vec<T>,
    width: usize,
    read: fn(&[u8]) -> T,
}

impl<T: Copy + Default> Fixed<T> {
    /// Of `width` bytes each, not 0.
    pub(super) fn new(rows: usize, width: usize, read: fn(&[u8]) -> T) -> Self {
        Self { values: Vec::with_capacity(rows), known: Vec::new(), width, read }
    }

    fn each<'a>(
        &self,
        page: &'a [u8],
        count: usize,
    ) -> Option<impl Iterator<Item = T> + use<'a, T>> {
        let size = count.checked_mul(self.width)?;
        let read = self.read;
        (page.len() == size).then(|| page.chunks_exact(self.width).map(read))
    }
}

/// One of these wherever a value is there.
fn spread<T: Copy + Default>(
    made: &mut Vec<T>,
    mut values: impl Iterator<Item = T>,
    there: &[u32],
) {
    if there.is_empty() {
        made.extend(values);
    } else {
        made.extend(there.iter().map(|level| match level {
            0 => T::default(),
            _ => values.next().unwrap_or_default(),
        }));
    }
}

impl<T: Copy + Default> Growing for Fixed<T> {
    fn dictionary(&mut self, page: &[u8], count: usize) -> Option<()> {
        self.known = self.each(page, count)?.collect();
        Some(())
    }

    fn plain(&mut self, page: &[u8], count: usize, there: &[u32]) -> Option<()> {
        let values = self.each(page, count)?;
        spread(&mut self.values, values, there);
        Some(())
    }

    fn indexed(&mut self, indices: &[u32], there: &[u32]) -> Option<()> {
        let known = &self.known;
        let values = indices.iter().map(|index| known.get(*index as usize).copied());
        spread(&mut self.values, values.map(Option::unwrap_or_default), there);
        Some(())
    }
}

/// Texts.
pub(super) struct Texts {
    offsets: Vec<i32>,
    data: Vec<u8>,
    /// So much of `data` is of values.
    len: usize,
    most: usize,
    rows: usize,
    known: Vec<u8>,
    places: Vec<(u32, u32)>,
}

impl Texts {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut offsets = Vec::with_capacity(limits.rows + 1);
        offsets.push(0);
        let most = limits.bytes.min(i32::MAX as usize - STEP);
        let (known, places) = (Vec::new(), Vec::new());
        Self { offsets, data: Vec::new(), len: 0, most, rows: limits.rows, known, places }
    }

    /// Room for so many bytes more.
    fn expect(&mut self, bytes: usize, values: usize) -> Option<()> {
        let size = self.len.checked_add(bytes).filter(|size| *size <= self.most)?;
        if size + STEP > self.data.capacity() {
            self.data.truncate(self.len);
            self.data.reserve(self.usual(bytes, values).max(bytes) + STEP);
        }
        self.data.resize(size + STEP, 0);
        Some(())
    }

    /// Bytes of all rows that are still to come, if they are like those of this page.
    fn usual(&self, bytes: usize, values: usize) -> usize {
        let left = self.rows.saturating_sub(self.offsets.len() - 1);
        let usual = bytes.div_ceil(values.max(1)).saturating_mul(left);
        usual.saturating_add(usual / 16).min(self.most - self.len)
    }

    /// Writes one value. There is room for all of the page.
    #[inline(always)]
    fn put(data: &mut [u8], len: usize, source: &[u8], from: usize, size: usize) -> Option<usize> {
        let bytes = source.get(from..).and_then(<[u8]>::first_chunk::<STEP>);
        let room = data.get_mut(len..).and_then(<[u8]>::first_chunk_mut::<STEP>);
        match (bytes, room) {
            (Some(bytes), Some(room)) if size <= STEP => *room = *bytes,
            _ => {
                let value = source.get(from..from.checked_add(size)?)?;
                data.get_mut(len..len.checked_add(size)?)?.copy_from_slice(value);
            }
        }
        Some(len + size)
    }

    /// Puts values at their offsets, by `next`, which gives the place and length of each.
    #[inline(always)]
    fn put_all(
        &mut self,
        source: &[u8],
        count: usize,
        there: &[u32],
        mut next: impl FnMut() -> Option<(usize, usize)>,
    ) -> Option<()> {
        let mut len = self.len;
        if there.is_empty() {
            for _ in 0..count {
                let (from, size) = next()?;
                len = Self::put(&mut self.data, len, source, from, size)?;
                self.offsets.push(len as i32);
            }
        } else {
            for level in there {
                if *level != 0 {
                    let (from, size) = next()?;
                    len = Self::put(&mut self.data, len, source, from, size)?;
                }
                self.offsets.push(len as i32);
            }
        }
        self.len = len;
        Some(())
    }

    /// The column. None if a value is not UTF-8.
    pub(super) fn finish(mut self) -> Option<Varlen> {
        self.data.truncate(self.len);
        if !self.data.is_ascii() {
            let text = str::from_utf8(&self.data).ok()?;
            if !self.offsets.iter().all(|end| text.is_char_boundary(*end as usize)) {
                return None;
            }
        }
        self.data.shrink_to_fit();
        Some(Varlen { offsets: self.offsets, data: self.data })
    }
}

/// The place and length of the next value of a PLAIN page, of which `at` is the place.
#[inline(always)]
fn next_plain(page: &[u8], at: &mut usize) -> Option<(usize, usize)> {
    let size = u32::from_le_bytes(*page.get(*at..)?.first_chunk::<4>()?) as usize;
    let from = *at + 4;
    *at = from.checked_add(size).filter(|end| *end <= page.len())?;
    Some((from, size))
}

impl Growing for Texts {
    fn dictionary(&mut self, page: &[u8], count: usize) -> Option<()> {
        let mut at = 0;
        self.places = Vec::with_capacity(count.min(page.len() / 4));
        for _ in 0..count {
            let (from, size) = next_plain(page, &mut at)?;
            self.places.push((u32::try_from(from).ok()?, u32::try_from(size).ok()?));
        }
        // What is behind the last value is copied with it.
        self.known = Vec::with_capacity(page.len() + STEP);
        self.known.extend_from_slice(page);
        self.known.extend_from_slice(&[0; STEP]);
        Some(())
    }

    fn plain(&mut self, page: &[u8], count: usize, there: &[u32]) -> Option<()> {
        self.expect(page.len().checked_sub(count.checked_mul(4)?)?, count)?;
        let mut at = 0;
        self.put_all(page, count, there, || next_plain(page, &mut at))?;
        (at == page.len()).then_some(())
    }

    fn indexed(&mut self, indices: &[u32], there: &[u32]) -> Option<()> {
        let (known, places) = (std::mem::take(&mut self.known), std::mem::take(&mut self.places));
        let size = indices.iter().map(|index| places[*index as usize].1 as usize).sum();
        self.expect(size, indices.len())?;
        let mut next = indices.iter();
        self.put_all(&known, indices.len(), there, || {
            let (from, size) = places[*next.next()? as usize];
            Some((from as usize, size as usize))
        })?;
        (self.known, self.places) = (known, places);
        Some(())
    }
}
