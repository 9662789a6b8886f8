use super::*;
use crate::column::Ranges;
use crate::test_support::Random;

/// Bit by bit, as RFC 4648 describes it.
fn plainly(bytes: &[u8]) -> Vec<u8> {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let character = |first: usize| {
        let six = (first..first + 6).fold(0, |six, at| six << 1 | bit(at));
        ALPHABET[usize::from(six)]
    };
    let body = (0..bytes.len() * 8).step_by(6).map(character);
    PREFIX.iter().copied().chain(body).collect()
}

type Valid = fn(usize) -> bool;
type One<'a> = Texts<Ranges<'a, i32>, Valid>;
type Read = for<'a> fn(One<'a>, &mut Vec<u8>, &mut Vec<Slot>);
type Write = fn(&[u8], &[Slot], usize, &mut [u8]);

/// Every way to read and to write that this processor has.
fn ways() -> Vec<(Read, Write)> {
    let mut ways: Vec<(Read, Write)> = vec![(
        |texts, into, frames| read_with(texts, into, frames, decode),
        |frames, slots, overhead, out| {
            write_with::<3, 3, 4>(frames, slots, overhead, out, encode);
        },
    )];
    #[cfg(target_arch = "x86_64")]
    {
        if avx2::is_here() {
            ways.push((|texts, into, frames| avx2::read(texts, into, frames), avx2::write));
        }
        if avx512::is_here() {
            ways.push((|texts, into, frames| avx512::read(texts, into, frames), avx512::write));
        }
    }
    ways
}

/// The frame of one text; empty for what is no text of a frame.
fn read_one(text: &[u8]) -> Vec<u8> {
    let offsets = [0, text.len() as i32];
    let texts = Ranges::new(&offsets, text).unwrap();
    let (mut into, mut frames) = (Vec::new(), Vec::new());
    read(texts, 0..1, |_| true, &mut into, &mut frames);
    into.truncate(frames[0].len());
    for (way, _) in ways() {
        let (mut other, mut slots) = (vec![0xEE; text.len() + SLACK], Vec::new());
        let texts = Texts { texts, rows: 0..1, valid: (|_| true) as Valid };
        way(texts, &mut other, &mut slots);
        other.truncate(slots[0].len());
        assert_eq!((&into, &frames), (&other, &slots), "another way reads otherwise");
    }
    into
}

#[test]
fn texts_are_as_described_and_read_back_at_every_length() {
    let mut random = Random::new(8);
    let lengths: Vec<usize> = (0..300).chain((0..300).rev()).collect();
    let frames: Vec<Vec<u8>> = lengths.iter().map(|len| random.bytes(len + 3)).collect();
    let (mut aside, mut slots, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for frame in &frames {
        // Three bytes of each are said to be overhead.
        slots.push(Slot { len: frame.len() as u32 - 3, ..Slot::default() });
        aside.extend_from_slice(frame);
        aside.extend([0; 2]);
        wanted.extend(plainly(frame));
        assert_eq!(plainly(frame).len(), text_len(frame.len()));
        assert_eq!(read_one(&plainly(frame)), *frame);
    }
    aside.extend([0x5A; SLACK]);
    for way in ways().iter().map(|(_, way)| *way).chain([write as Write]) {
        let mut out = vec![0; wanted.len() + SLACK];
        way(&aside, &slots, 3, &mut out);
        assert!(out[..wanted.len()] == wanted);
    }
}

#[test]
fn a_frame_has_one_text() {
    for len in 1..120 {
        let text = plainly(&vec![0xA5; len]);
        for at in 0..text.len() {
            for character in 0..=255 {
                let mut other = text.clone();
                other[at] = character;
                let frame = read_one(&other);
                assert_eq!(frame.is_empty(), plainly(&frame) != other);
                assert!(other != text || frame == vec![0xA5; len]);
            }
        }
    }
}

#[test]
fn what_is_cut_off_or_padded_is_no_text() {
    let text = plainly(b"four");
    for wrong in [&text[..4], &text[1..], &[&text[..], b"="].concat(), &text[..6], b""] {
        assert!(read_one(wrong).is_empty());
    }
    assert!(read_one(b"lkg1_AB").is_empty());
    assert!(read_one(b"lkg1_AAB").is_empty());
    assert_eq!(read_one(b"lkg1_AAA"), [0, 0]);
}
