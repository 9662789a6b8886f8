//! Ciphertexts under subjects' keys: AES-256-GCM of canonical values, in frames that name whose
//! they are.

use std::ops::Range;

use crate::additional::Additional;
use crate::beside::{HANDLE_BYTES, Handle, Records, Subjects};
use crate::canonical::Normaliser;
use crate::chunk::{Chunk, each_chunk};
use crate::column::Column;
use crate::fault::{Fault, Outcome};
use crate::frame::{
    Frames, HEADER_BYTES, Header, SUBJECT, SUBJECT_BYTES, SUBJECT_RECORD, header, write_blocks,
    write_under,
};
use crate::key::{Block, Wiped, store};
use crate::lanes::Slot;
use crate::nonces::{NONCE_BYTES, Nonces, first_bytes};
use crate::own_keys::{Data, Lanes, Next, is_long, next_group};
use crate::subject_keys::{SubjectKeys, whole};
use crate::varlen::Varlen;
use crate::xaes::{Gcm, TAG_BYTES};

/// Header, handle and nonce: what stands before the ciphertext.
const BEFORE: usize = HEADER_BYTES + HANDLE_BYTES + NONCE_BYTES;

/// A ciphertext of each exact value under its subject's key; a null is an empty slot.
///
/// `key` is the column's, of 32 bytes. Faults as those of `encrypt`.
pub(crate) fn under_subjects(
    column: &Column<'_>,
    key: (&[u8], u32),
    associated: &[u8],
    text: bool,
    beside: (&Subjects<'_>, Option<&Records<'_>>),
    nonces: Outcome<Nonces>,
) -> Outcome<Varlen> {
    let mut sealing = Sealing::new(column.len, key, associated, beside, nonces)?;
    let mut frames = Frames::of(column, text, SUBJECT_BYTES);
    each_chunk(column, Normaliser::Exact, false, |chunk| {
        sealing.prepare(chunk)?;
        frames.append(chunk, |into, stride| sealing.fill(chunk, into, stride))
    })?;
    Ok(frames.finish())
}

/// What is kept from one chunk to the next.
struct Sealing<'a> {
    header: Header,
    subjects: &'a Subjects<'a>,
    records: Option<&'a Records<'a>>,
    additional: Additional,
    nonces: Nonces,
    keys: SubjectKeys<'a>,
    /// Whom the values of a chunk are about, by slot, and what frames call them; their nonces.
    who: Vec<usize>,
    handles: Vec<Handle>,
    fresh: Vec<Block>,
    lanes: Lanes,
    data: Data,
    bodies: Vec<Slot>,
    stream: Wiped,
    tags: Vec<Block>,
}

impl<'a> Sealing<'a> {
    fn new(
        values: usize,
        (key, number): (&[u8], u32),
        associated: &[u8],
        (subjects, records): (&'a Subjects<'a>, Option<&'a Records<'a>>),
        nonces: Outcome<Nonces>,
    ) -> Outcome<Self> {
        let bound = records.is_some();
        let header = header(if bound { SUBJECT_RECORD } else { SUBJECT }, number)?;
        let additional = Additional::new(associated, header, true, bound);
        Ok(Self {
            header,
            subjects,
            records,
            data: Data::new(&additional),
            additional,
            nonces: nonces?,
            keys: SubjectKeys::new(key, subjects.salts(), values)?,
            who: Vec::new(),
            handles: Vec::new(),
            fresh: Vec::new(),
            lanes: Lanes::default(),
            bodies: Vec::new(),
            stream: Wiped::default(),
            tags: Vec::new(),
        })
    }

    /// Finds whom the values of a chunk are about, their keys and fresh nonces.
    fn prepare(&mut self, chunk: &Chunk<'_>) -> Outcome<()> {
        self.who.clear();
        for slot in chunk.slots {
            let subject = self.subjects.of(chunk.row(*slot));
            self.who.push(subject.ok_or(Fault::NoSubject { refused: 1 })?);
        }
        self.handles.clear();
        self.handles.extend(self.who.iter().map(|who| self.subjects.handle(*who)));
        self.keys.load(&self.who);
        self.nonces.take(chunk.slots.len(), &mut self.fresh);
        Ok(())
    }

    /// Every frame of a chunk, one after another: each may write over what follows it.
    fn fill(&mut self, chunk: &Chunk<'_>, into: &mut [u8], stride: usize) {
        let mut at = 0;
        self.bodies.clear();
        self.bodies.extend(chunk.slots.iter().map(|slot| {
            let body = Slot { start: (at + BEFORE) as u32, ..*slot };
            at += slot.len() + stride;
            body
        }));
        let mut done = 0;
        while done < self.bodies.len() {
            let long = |index: usize| self.is_long(chunk, index);
            let next = next_group(done, self.bodies.len(), long);
            match next {
                Next::Alone => self.alone(chunk, done, into),
                Next::Together(count) => self.together(chunk, done..done + count, into),
            }
            done += next.count();
        }
    }

    fn record(&self, chunk: &Chunk<'_>, index: usize) -> Option<&'a [u8]> {
        self.records.and_then(|records| records.of(chunk.row(chunk.slots[index])))
    }

    fn is_long(&self, chunk: &Chunk<'_>, index: usize) -> bool {
        let record = self.record(chunk, index).map_or(0, <[u8]>::len);
        is_long(chunk.slots[index].len(), record)
    }

    fn together(&mut self, chunk: &Chunk<'_>, group: Range<usize>, into: &mut [u8]) {
        let slots = &chunk.slots[group.clone()];
        let blocks = slots.iter().map(|slot| slot.blocks()).max().unwrap_or(0);
        let keys = &self.keys.loaded()[group.clone()];
        self.lanes.keystream(keys, &self.fresh[group.clone()], blocks);
        self.data.clear();
        for (lane, (index, slot)) in group.clone().zip(slots).enumerate() {
            let at = self.begin(index, into);
            // Short ones all alike, as a branch here would be taken at random.
            let stop = if blocks <= 2 { blocks } else { slot.blocks() };
            let block = |step| self.lanes.block(lane, step);
            write_blocks(stop, block, chunk.bytes, *slot, into, (at, TAG_BYTES));
            let record = self.record(chunk, index);
            self.data.push(&self.additional, &self.handles[index], record);
        }
        let bodies = &self.bodies[group];
        let tags = self.lanes.tags(into, bodies, &self.data);
        for (body, tag) in bodies.iter().zip(tags) {
            store(into, body.start() + body.len(), tag);
        }
    }

    /// A long value, or one of a long record: its schedule costs little beside it.
    fn alone(&mut self, chunk: &Chunk<'_>, index: usize, into: &mut [u8]) {
        let (slot, body) = (chunk.slots[index], self.bodies[index]);
        let at = self.begin(index, into);
        let mut additional = Vec::new();
        self.additional.write(
            Some(&self.handles[index]),
            self.record(chunk, index),
            &mut additional,
        );
        let gcm = Gcm::new(&whole(&self.keys.loaded()[index]), &additional);
        let nonce = first_bytes(self.fresh[index]);
        gcm.keystream(&[slot], |_, _| nonce, &mut self.stream.0);
        write_under(&self.stream.0[1..], chunk.bytes, slot, into, (at, TAG_BYTES));
        gcm.tags(into, &[body], &self.stream.0, &mut self.tags);
        store(into, body.start() + body.len(), self.tags[0]);
    }

    /// Header, handle and nonce of a frame; where its ciphertext belongs.
    #[inline]
    fn begin(&self, index: usize, into: &mut [u8]) -> usize {
        let at = self.bodies[index].start();
        let named = at - NONCE_BYTES - HANDLE_BYTES;
        into[named - HEADER_BYTES..named].copy_from_slice(&self.header);
        store(into, named, self.handles[index]);
        into[at - NONCE_BYTES..at].copy_from_slice(&self.fresh[index][..NONCE_BYTES]);
        at
    }
}
