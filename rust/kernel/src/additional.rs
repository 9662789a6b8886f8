//! What GCM authenticates beside a value: its place, how its frame begins, and its record.

use crate::beside::Handle;
use crate::frame::{HEADER_BYTES, Header};
use crate::key::{BLOCK, Block, store};

/// The list of `bind`: how many parts, then the length and the bytes of each.
pub(crate) struct Additional {
    /// All up to where the handle or the record belongs.
    start: Vec<u8>,
    /// What of that is no whole block, with zeros after it, and how many bytes.
    after: (Block, usize),
}

impl Additional {
    /// For frames of a header at a place, with subjects and records or without.
    pub(crate) fn new(associated: &[u8], header: Header, subject: bool, record: bool) -> Self {
        let mut start = (2 + u32::from(record)).to_be_bytes().to_vec();
        // Associated data names a contract and a column: its length has 32 bits.
        start.extend((associated.len() as u32).to_be_bytes());
        start.extend(associated);
        let named = HEADER_BYTES + usize::from(subject) * size_of::<Handle>();
        start.extend((named as u32).to_be_bytes());
        start.extend(header);
        let over = start.as_chunks::<BLOCK>().1;
        let mut block = [0; BLOCK];
        block[..over.len()].copy_from_slice(over);
        let after = (block, over.len());
        Self { start, after }
    }

    /// The whole blocks with which that of every value begins.
    pub(crate) fn common(&self) -> &[Block] {
        self.start.as_chunks().0
    }

    /// What belongs to one value after those: all of it, for `write`.
    #[inline]
    pub(crate) fn rest(&self, handle: Option<&Handle>, record: Option<&[u8]>, into: &mut Vec<u8>) {
        into.extend_from_slice(self.start.as_chunks::<BLOCK>().1);
        if let Some(handle) = handle {
            into.extend_from_slice(handle);
        }
        if let Some(record) = record {
            // An array's offsets have 32 bits, or its bytes were counted before.
            into.extend_from_slice(&(record.len() as u32).to_be_bytes());
            into.extend_from_slice(record);
        }
    }

    /// The rest with a handle and no record, at the start of two blocks of zeros; how many bytes.
    #[inline]
    pub(crate) fn named(&self, handle: &Handle, into: &mut [u8]) -> usize {
        let (block, over) = self.after;
        store(into, 0, block);
        store(into, over, *handle);
        over + size_of::<Handle>()
    }

    /// Appends all of one value's.
    #[inline]
    pub(crate) fn write(&self, handle: Option<&Handle>, record: Option<&[u8]>, into: &mut Vec<u8>) {
        into.extend_from_slice(self.common().as_flattened());
        self.rest(handle, record, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::hex;

    #[test]
    fn the_list_has_lengths_and_its_count() {
        let header = [0x15, 0, 0, 9];
        let handle = [0xAB; 16];
        let mut list = Vec::new();
        Additional::new(b"ab", header, true, true).write(Some(&handle), Some(b"c"), &mut list);
        let wanted = "00000003 00000002 6162 00000014 15000009 abababababababababababababababab \
                      00000001 63";
        assert_eq!(list, hex(wanted));

        list.clear();
        Additional::new(b"ab", header, false, false).write(None, None, &mut list);
        assert_eq!(list, hex("00000002 00000002 6162 00000004 15000009"));
    }

    #[test]
    fn a_handle_stands_anywhere_in_a_block() {
        let handle = std::array::from_fn(|at| 0x40 + at as u8);
        for length in 0..40 {
            let place: Vec<u8> = (0..length).collect();
            let additional = Additional::new(&place, [0x13, 0, 0, 9], true, false);
            let (mut rest, mut whole) = (Vec::new(), Vec::new());
            additional.rest(Some(&handle), None, &mut rest);
            additional.write(Some(&handle), None, &mut whole);
            let mut room = [0; 2 * BLOCK];
            assert_eq!(additional.named(&handle, &mut room), rest.len());
            rest.resize(room.len(), 0);
            assert_eq!(room.to_vec(), rest);
            assert!(whole.starts_with(additional.common().as_flattened()));
        }
    }
}
