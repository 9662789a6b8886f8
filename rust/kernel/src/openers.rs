//! Which key opens which frames of a column, and what is to be said if one has none.

use std::collections::HashMap;

use crate::beside::Beside;
use crate::fault::{Fault, Outcome};
use crate::frame::{CIPHERTEXT, HEADER_BYTES, Header, RECORD, SUBJECT, SUBJECT_RECORD, parse};
use crate::frame_rows::FrameRows;
use crate::key::{BLOCK, Block, FIRST, and, load};
use crate::lanes::Slot;
use crate::open::{Opened, Opener};
use crate::reveal::RevealKey;

/// What opens the frames of a column, by header.
pub(crate) struct Openers<'a> {
    keys: HashMap<(u8, u32), &'a [u8]>,
    associated: &'a [(u8, Vec<u8>)],
    beside: &'a Beside<'a>,
    /// How many frames the column may have.
    values: usize,
    found: HashMap<Header, usize>,
    openers: Vec<Opener<'a>>,
    /// The frames at hand, by what their key is derived from.
    runs: Vec<Run>,
    not_frames: usize,
    /// The first header, in order, that nothing opens.
    fault: Option<((u8, u32), Fault)>,
}

/// Frames one after another that open under the same derived key.
#[derive(Clone, Copy)]
struct Run {
    /// The header; of a ciphertext, the first half of the nonce too.
    id: Block,
    opener: usize,
    from: usize,
    to: usize,
}

impl<'a> Openers<'a> {
    pub(crate) fn new(
        keys: &'a [RevealKey],
        associated: &'a [(u8, Vec<u8>)],
        beside: &'a Beside<'a>,
        values: usize,
    ) -> Self {
        Self {
            keys: keys.iter().map(|key| ((key.algorithm, key.number), &key.key[..])).collect(),
            associated,
            beside,
            values,
            found: HashMap::new(),
            openers: Vec::new(),
            runs: Vec::new(),
            not_frames: 0,
            fault: None,
        }
    }

    /// Takes out the frames of subjects that are gone, once there is something for their header;
    /// those rows are no longer `there`. Rows are counted from the `first` of the column.
    pub(crate) fn leave_out(&mut self, read: &mut FrameRows<'_>, first: usize, there: &mut [bool]) {
        let Some(subjects) = self.beside.subjects.as_ref().filter(|all| !all.is_whole()) else {
            return;
        };
        let mut frames = std::mem::take(&mut read.frames);
        frames.retain(|frame| {
            let row = first + frame.row as usize;
            if subjects.of(row).is_some() {
                return true;
            }
            let [a, b, c, d, ..] = load(read.bytes(), frame.start());
            match parse([a, b, c, d], frame.len()) {
                Some((pair @ (SUBJECT | SUBJECT_RECORD, _), _)) => {
                    self.of([a, b, c, d], pair);
                    there[row] = false;
                    false
                }
                _ => true,
            }
        });
        read.frames = frames;
    }

    /// Finds what opens each frame; counts what is no frame.
    pub(crate) fn find(&mut self, read: &FrameRows<'_>) {
        let bytes = read.bytes();
        self.runs.clear();
        let mut last = Run { id: [0; BLOCK], opener: 0, from: 0, to: 0 };
        let mut shortest = usize::MAX;
        for (index, frame) in read.frames.iter().enumerate() {
            let id = identity(load(bytes, frame.start()));
            if id == last.id && frame.len() >= shortest {
                continue;
            }
            let [first, second, third, fourth, ..] = id;
            let head = [first, second, third, fourth];
            let Some((pair, least)) = parse(head, frame.len()) else {
                self.not_frames += 1;
                continue;
            };
            self.runs.push(Run { to: index, ..last });
            shortest = least;
            last = Run { id, opener: self.of(head, pair), from: index, to: index };
        }
        self.runs.push(Run { to: read.frames.len(), ..last });
        // The first one began with nothing.
        self.runs.retain(|run| run.from < run.to);
    }

    /// What is to be said of the frames so far, before any is opened.
    pub(crate) fn refusal(&self) -> Outcome<()> {
        if self.not_frames > 0 {
            return Err(Fault::NotFrames { refused: self.not_frames });
        }
        self.fault.map_or(Ok(()), |(_, fault)| Err(fault))
    }

    /// Opens the frames that were found, those that share a key together. Their rows are counted
    /// from the `first` of the column.
    pub(crate) fn open(&mut self, read: &FrameRows<'_>, first: usize, opened: &mut Opened) {
        let frames = &read.frames[..];
        opened.clear();
        if let [run] = self.runs[..] {
            return self.openers[run.opener].open(read.bytes(), frames, first, opened);
        }
        self.runs.sort_by_key(|run| run.id);
        let (mut indices, mut together): (Vec<usize>, Vec<Slot>) = (Vec::new(), Vec::new());
        for group in self.runs.chunk_by(|left, right| left.id == right.id) {
            indices.clear();
            indices.extend(group.iter().flat_map(|run| run.from..run.to));
            together.clear();
            together.extend(indices.iter().map(|index| frames[*index]));
            self.openers[group[0].opener].open(read.bytes(), &together, first, opened);
            opened.keep(&indices, frames.len());
        }
    }

    /// The opener of a header, by index; if there is none, the fault that counts is kept.
    fn of(&mut self, head: Header, pair: (u8, u32)) -> usize {
        if let Some(index) = self.found.get(&head) {
            return *index;
        }
        match self.opener(head, pair) {
            Ok(opener) => {
                self.openers.push(opener);
                self.found.insert(head, self.openers.len() - 1);
                self.openers.len() - 1
            }
            Err(fault) => {
                if self.fault.is_none_or(|(first, _)| pair < first) {
                    self.fault = Some((pair, fault));
                }
                0
            }
        }
    }

    fn opener(&self, head: Header, pair: (u8, u32)) -> Outcome<Opener<'a>> {
        let (algorithm, number) = pair;
        let key = self.keys.get(&pair).ok_or(Fault::NoKey { number })?;
        let bound = self.associated.iter().find(|(of, _)| *of == algorithm);
        let (_, associated) = bound.ok_or(Fault::WrongKind)?;
        Opener::new(head, key, associated, self.beside, self.values)
    }
}

/// What the key of a frame is derived from, of its first 16 bytes: of a ciphertext all, header
/// and half a nonce; of others the header.
#[inline]
fn identity(start: Block) -> Block {
    let ciphertext = usize::from(matches!(start[0] & 0x0F, CIPHERTEXT | RECORD));
    and(start, FIRST[HEADER_BYTES + ciphertext * (BLOCK - HEADER_BYTES)])
}
