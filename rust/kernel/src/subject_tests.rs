//! Whole columns under subjects' keys and bound to records: there and back, and what is refused.

use crate::beside::{Beside, HANDLE_BYTES, Records, Salt, Subjects};
use crate::column::{Bits, Bytes, Column, Fixed, Values};
use crate::encrypt::encrypt_beside;
use crate::fault::{Fault, Outcome};
use crate::reveal::{RevealKey, reveal_beside};
use crate::subject_keys::SubjectKeys;
use crate::test_support::{Owned, Random, hex};
use crate::varlen::Varlen;
use crate::vector_tests::{bytes, unescaped, vectors};

const KEY: [u8; 32] = [7; 32];
const PLACE: &[u8] = b"a place that takes more than one block to name";

/// Whom some values are about, and what they are bound to.
struct People {
    rows: Vec<i32>,
    there: Vec<u8>,
    handles: Vec<u8>,
    salts: Vec<Salt>,
    records: Owned,
}

impl People {
    fn new(random: &mut Random, count: usize, values: &[Option<Vec<u8>>]) -> Self {
        let rows = values.iter().map(|_| random.below(count.max(1)) as i32).collect();
        let mut there = vec![0; values.len().div_ceil(8)];
        for (row, value) in values.iter().enumerate() {
            there[row / 8] |= u8::from(value.is_some()) << (row % 8);
        }
        let record = |value: &Option<Vec<u8>>| {
            let len = if random.below(50) == 0 { random.below(3000) } else { random.below(40) };
            value.as_ref().map(|_| random.bytes(len))
        };
        let records = Owned::new(&values.iter().map(record).collect::<Vec<_>>());
        let salts = (0..count).map(|_| random.bytes(32).try_into().unwrap()).collect();
        Self { rows, there, handles: random.bytes(count * HANDLE_BYTES), salts, records }
    }

    fn with<T>(&self, form: (bool, bool), work: impl FnOnce(&Beside<'_>) -> T) -> T {
        let (len, count) = (self.rows.len(), self.salts.len());
        let validity = Some(Bits::new(&self.there, 0, len).unwrap());
        let rows = Column { len, validity, values: Values::Int32(&self.rows) };
        let handles = Bytes::Fixed(Fixed::new(HANDLE_BYTES, count, &self.handles).unwrap());
        let handles = Column { len: count, validity: None, values: Values::Binary(handles) };
        let salts = self.salts.as_flattened();
        let subjects = form.0.then(|| Subjects::new(&rows, &handles, salts, len).unwrap());
        let records = form.1.then(|| Records::new(&self.records.binary(), len).unwrap());
        work(&Beside { subjects, records })
    }

    fn sealed(&self, column: &Owned, form: (bool, bool), text: bool) -> Outcome<Varlen> {
        self.with(form, |beside| encrypt_beside(&column.binary(), &KEY, PLACE, 9, text, beside))
    }

    fn opened(
        &self,
        frames: &Column<'_>,
        form: (bool, bool),
    ) -> Outcome<(Varlen, Option<Vec<bool>>)> {
        let key = |algorithm| RevealKey { algorithm, number: 9, key: KEY.to_vec() };
        let places: Vec<_> = (2..6).map(|algorithm| (algorithm, PLACE.to_vec())).collect();
        let keys: Vec<_> = (2..6).map(key).collect();
        self.with(form, |beside| reveal_beside(frames, &keys, &places, beside))
    }
}

/// Values of all sorts, with nulls among them.
fn mixed(random: &mut Random, count: usize, longest: usize) -> Vec<Option<Vec<u8>>> {
    let row = |_| {
        let length = random.below(longest + 1);
        (random.below(5) > 0).then(|| random.bytes(length))
    };
    (0..count).map(row).collect()
}

fn rows(of: &Varlen) -> Vec<Vec<u8>> {
    (0..of.len()).map(|row| of.get(row).to_vec()).collect()
}

const FORMS: [(bool, bool); 3] = [(true, false), (false, true), (true, true)];

#[test]
fn what_was_written_is_revealed_from_bytes_and_from_text() {
    let mut random = Random::new(31);
    let sizes = [(0, 1, 0), (1, 3, 1), (70, 0, 200), (2000, 60, 3), (700, 11, 5000), (90, 4000, 9)];
    for (count, longest, people) in sizes {
        let values = mixed(&mut random, count, longest);
        let people = People::new(&mut random, people, &values);
        let column = Owned::new(&values);
        let plain: Vec<_> = values.iter().map(|value| value.clone().unwrap_or_default()).collect();
        for (form, text) in FORMS.iter().flat_map(|form| [(*form, false), (*form, true)]) {
            let frames = people.sealed(&column, form, text).unwrap();
            let again = |row: usize| values[row].is_some().then(|| frames.get(row));
            let read = Owned::new(&(0..count).map(again).collect::<Vec<_>>());
            let read = if text { read.text() } else { read.binary() };
            let (found, there) = people.opened(&read, form).unwrap();
            assert_eq!(rows(&found), plain);
            // Nobody is gone: a null's row names no subject, and has no frame.
            assert_eq!(there, None);
        }
    }
}

#[test]
fn a_bit_changed_anywhere_is_one_frame_that_does_not_open() {
    let mut random = Random::new(32);
    let values: Vec<_> = (0..40).map(|row| Some(random.bytes(row * 60 % 1100))).collect();
    let people = People::new(&mut random, 3, &values);
    for form in FORMS {
        let frames = people.sealed(&Owned::new(&values), form, false).unwrap();
        let whole = rows(&frames);
        for row in 0..whole.len() {
            // Not in the header, where another key or algorithm would be asked for.
            let mut broken: Vec<_> = whole.iter().cloned().map(Some).collect();
            let at = 4 + random.below(whole[row].len() - 4);
            broken[row].as_mut().unwrap()[at] ^= 1 << random.below(8);
            let column = Owned::new(&broken);
            let found = people.opened(&column.binary(), form);
            assert_eq!(found.err(), Some(Fault::DoNotOpen { refused: 1 }), "{form:?} {at}");
        }
    }
}

#[test]
fn frames_of_whoever_is_gone_are_left_out_and_others_open() {
    let mut random = Random::new(33);
    let values: Vec<_> = (0..700).map(|_| Some(random.bytes(11))).collect();
    let mut people = People::new(&mut random, 20, &values);
    for form in [(true, false), (true, true)] {
        people.there.fill(0xFF);
        let frames = rows(&people.sealed(&Owned::new(&values), form, false).unwrap());
        let column = Owned::new(&frames.iter().map(Some).collect::<Vec<_>>());
        people.there.iter_mut().for_each(|bits| *bits = 0b1011_0110);
        let (found, there) = people.opened(&column.binary(), form).unwrap();
        let there = there.unwrap();
        for row in 0..values.len() {
            let gone = 0b1011_0110 >> (row % 8) & 1 == 0;
            assert_eq!(there[row], !gone);
            let wanted = if gone { &[][..] } else { values[row].as_ref().unwrap() };
            assert_eq!(found.get(row), wanted);
        }
    }
}

#[test]
fn values_without_subject_or_record_are_counted() {
    let mut random = Random::new(34);
    let values: Vec<_> = (0..16).map(|_| Some(random.bytes(11))).collect();
    let mut people = People::new(&mut random, 2, &values);
    people.there = vec![0xFE, 0x7F];
    let column = Owned::new(&values);
    let refused = people.sealed(&column, (true, false), false);
    assert_eq!(refused.err(), Some(Fault::NoSubject { refused: 2 }));
    let none: [Option<&[u8]>; 16] = [None; 16];
    people.records = Owned::new(&none);
    for form in [(false, true), (true, true)] {
        let refused = people.sealed(&column, form, true);
        assert_eq!(refused.err(), Some(Fault::NoRecord { refused: 16 }));
    }
}

#[test]
fn what_does_not_fit_is_malformed() {
    let handles = [0; 32];
    let fixed = |width, rows| {
        let bytes = Bytes::Fixed(Fixed::new(width, rows, &handles).unwrap());
        Column { len: rows, validity: None, values: Values::Binary(bytes) }
    };
    let of = |rows: &[i32], handles: &Column<'_>, salts: &[u8], values| {
        let rows = Column { len: rows.len(), validity: None, values: Values::Int32(rows) };
        Subjects::new(&rows, handles, salts, values).err()
    };
    let refused = Some(Fault::Malformed);
    assert_eq!(of(&[0, 1], &fixed(16, 2), &[0; 64], 2), None);
    assert_eq!(of(&[0, 2], &fixed(16, 2), &[0; 64], 2), refused);
    assert_eq!(of(&[0, -1], &fixed(16, 2), &[0; 64], 2), refused);
    assert_eq!(of(&[0, 1], &fixed(16, 2), &[0; 64], 3), refused);
    assert_eq!(of(&[0, 1], &fixed(16, 2), &[0; 63], 2), refused);
    assert_eq!(of(&[0, 1], &fixed(16, 2), &[0; 96], 2), refused);
    assert_eq!(of(&[0, 1], &fixed(15, 2), &[0; 64], 2), refused);
}

#[test]
fn frames_of_subjects_and_records() {
    let found = vectors(include_str!("../../../tests/vectors/frame_v1_subjects.json"));
    assert_eq!(found.len(), 7);
    for vector in &found {
        let algorithm = bytes(vector, "frame")[0] & 0x0F;
        let number = vector["key_number"].parse().unwrap();
        let handle = vector.get("handle").map(|text| hex(text));
        let salt = vector.get("salt").map(|text| hex(text)).unwrap_or_default();
        let record = vector.get("record").map(|text| hex(text));
        if let Some(value_key) = vector.get("value_key") {
            let salts = [salt.clone().try_into().unwrap()];
            let mut keys = SubjectKeys::new(&bytes(vector, "key"), &salts, 0).unwrap();
            keys.load(&[0]);
            assert_eq!(keys.loaded()[0].as_flattened(), hex(value_key));
        }
        let rows = Column { len: 1, validity: None, values: Values::Int32(&[0]) };
        let held = handle.clone().unwrap_or_default();
        let handles = Column {
            len: usize::from(handle.is_some()),
            validity: None,
            values: Values::Binary(Bytes::Fixed(Fixed::new(16, held.len() / 16, &held).unwrap())),
        };
        let records = Owned::new(std::slice::from_ref(&record));
        let beside = Beside {
            subjects: handle.map(|_| Subjects::new(&rows, &handles, &salt, 1).unwrap()),
            records: record.map(|_| Records::new(&records.binary(), 1).unwrap()),
        };
        let keys = [RevealKey { algorithm, number, key: bytes(vector, "key") }];
        let places = [(algorithm, bytes(vector, "associated"))];
        let binary = Owned::new(&[Some(bytes(vector, "frame"))]);
        let text = Owned::new(&[Some(&vector["text"])]);
        for frames in [binary.binary(), text.text()] {
            let (opened, gone) = reveal_beside(&frames, &keys, &places, &beside).unwrap();
            assert_eq!((opened.len(), gone), (1, None));
            let wanted = &vector["canonical"];
            assert_eq!(opened.get(0), unescaped(wanted).as_bytes());
        }
    }
}
