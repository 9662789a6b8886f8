//! Opening frames under subjects' keys.

use std::ops::Range;

use crate::additional::Additional;
use crate::beside::{HANDLE_BYTES, Handle, Records, Subjects};
use crate::frame::{HEADER_BYTES, SUBJECT_BYTES};
use crate::key::{BLOCK, Block, Wiped, load, xor};
use crate::lanes::{Slot, make_room};
use crate::nonces::{NONCE_BYTES, first_bytes};
use crate::open::{Opened, body, different};
use crate::own_keys::{Data, Lanes, Next, is_long, next_group};
use crate::subject_keys::{SubjectKeys, whole};
use crate::xaes::{Gcm, TAG_BYTES};

/// A column's key of one number, with those of its subjects.
pub(crate) struct SubjectOpener<'a> {
    keys: SubjectKeys<'a>,
    additional: Additional,
    subjects: &'a Subjects<'a>,
    records: Option<&'a Records<'a>>,
    lanes: Lanes,
    data: Data,
    /// Of the frames at hand: whom they are about, what those are called, rows and nonces.
    who: Vec<usize>,
    handles: Vec<Handle>,
    rows: Vec<usize>,
    nonces: Vec<Block>,
    single: Wiped,
}

impl<'a> SubjectOpener<'a> {
    pub(crate) fn new(
        keys: SubjectKeys<'a>,
        additional: Additional,
        subjects: &'a Subjects<'a>,
        records: Option<&'a Records<'a>>,
    ) -> Self {
        Self {
            keys,
            data: Data::new(&additional),
            additional,
            subjects,
            records,
            lanes: Lanes::default(),
            who: Vec::new(),
            handles: Vec::new(),
            rows: Vec::new(),
            nonces: Vec::new(),
            single: Wiped::default(),
        }
    }

    /// Opens frames whose rows are counted from the `first` of the column. Their subjects are
    /// there: whoever is gone was left out before.
    pub(crate) fn open(&mut self, bytes: &[u8], frames: &[Slot], first: usize, into: &mut Opened) {
        into.bodies.clear();
        into.bodies.extend(frames.iter().map(|frame| body(*frame, SUBJECT_BYTES, TAG_BYTES)));
        make_room(&mut into.stream.0, &into.bodies, 0);
        self.prepare(bytes, frames, first);
        let (mut done, mut at) = (0, 0);
        while done < frames.len() {
            let next = next_group(done, frames.len(), |index| {
                is_long(into.bodies[index].len(), self.record(index).map_or(0, <[u8]>::len))
            });
            match next {
                Next::Alone => self.alone(bytes, done, into, &mut at),
                Next::Together(count) => self.together(bytes, done..done + count, into, &mut at),
            }
            done += next.count();
        }
    }

    /// Finds whose each frame is, its key and its nonce.
    fn prepare(&mut self, bytes: &[u8], frames: &[Slot], first: usize) {
        self.who.clear();
        self.nonces.clear();
        self.rows.clear();
        for frame in frames {
            let row = first + frame.row as usize;
            self.rows.push(row);
            self.who.push(self.subjects.of(row).unwrap_or_default());
            let mut nonce = load(bytes, frame.start() + HEADER_BYTES + HANDLE_BYTES);
            nonce[NONCE_BYTES..].fill(0);
            self.nonces.push(nonce);
        }
        self.handles.clear();
        self.handles.extend(self.who.iter().map(|who| self.subjects.handle(*who)));
        self.keys.load(&self.who);
    }

    fn record(&self, index: usize) -> Option<&'a [u8]> {
        self.records.and_then(|records| records.of(self.rows[index]))
    }

    fn together(&mut self, bytes: &[u8], group: Range<usize>, into: &mut Opened, at: &mut usize) {
        let bodies = &mut into.bodies[group.clone()];
        let blocks = bodies.iter().map(|body| body.blocks()).max().unwrap_or(0);
        let keys = &self.keys.loaded()[group.clone()];
        self.lanes.keystream(keys, &self.nonces[group.clone()], blocks);
        self.data.clear();
        for index in group.clone() {
            let record = self.record(index);
            self.data.push(&self.additional, &self.handles[index], record);
        }
        let tags = self.lanes.tags(bytes, bodies, &self.data);
        let pairs = group.clone().zip(&*bodies).zip(tags);
        into.refused +=
            different(pairs.map(|((index, body), tag)| self.pair(bytes, index, body, tag)));
        for (lane, body) in bodies.iter_mut().enumerate() {
            for step in 0..body.blocks() {
                let hidden = load(bytes, body.start() + step * BLOCK);
                into.stream.0[*at + step] = xor(hidden, self.lanes.block(lane, step));
            }
            body.start = (*at * BLOCK) as u32;
            *at += body.blocks();
        }
    }

    fn alone(&mut self, bytes: &[u8], index: usize, into: &mut Opened, at: &mut usize) {
        let body = into.bodies[index];
        let mut additional = Vec::new();
        self.additional.write(Some(&self.handles[index]), self.record(index), &mut additional);
        let gcm = Gcm::new(&whole(&self.keys.loaded()[index]), &additional);
        let nonce = first_bytes(self.nonces[index]);
        gcm.keystream(&[body], |_, _| nonce, &mut self.single.0);
        gcm.tags(bytes, &[body], &self.single.0, &mut into.tags);
        let pair = self.pair(bytes, index, &body, into.tags[0]);
        into.refused += different([pair].into_iter());
        for step in 0..body.blocks() {
            let hidden = load(bytes, body.start() + step * BLOCK);
            into.stream.0[*at + step] = xor(hidden, self.single.0[1 + step]);
        }
        into.bodies[index].start = (*at * BLOCK) as u32;
        *at += body.blocks();
    }

    /// The tag that should be there, and the one that is. Never the same for a frame that names
    /// another subject than its row does, or has no record where it is bound to one.
    #[inline]
    fn pair(&self, bytes: &[u8], index: usize, body: &Slot, tag: Block) -> (Block, Block) {
        let named = load(bytes, body.start() - NONCE_BYTES - HANDLE_BYTES);
        let is_named = named == self.handles[index];
        let is_bound = self.records.is_none() || self.record(index).is_some();
        if is_named && is_bound {
            (tag, load(bytes, body.start() + body.len()))
        } else {
            ([0; BLOCK], [1; BLOCK])
        }
    }
}
