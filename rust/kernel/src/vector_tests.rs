//! Published vectors and our own, from the files that the portable kernel is tested with too.
//!
//! Here, because only here a nonce can be chosen and an associated string be any string.

use std::collections::HashMap;

use crate::cmac::cmac;
use crate::encrypt::encrypt_with;
use crate::fault::Fault;
use crate::key::{Aes, BLOCK, load, sized, xor};
use crate::lanes::{Lanes, Slot};
use crate::reveal::{RevealKey, reveal};
use crate::siv::{Siv, TAG_BYTES};
use crate::test_shake::Shake128;
use crate::test_support::{Owned, hex};
use crate::xaes::{HALF, Xaes};

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../../tests/vectors/", $name, ".json"))
    };
}

/// One vector: its fields as they are written, lists joined by commas.
pub(crate) type Fields = HashMap<String, String>;

/// Reads the files' own shape: one field a line, no braces or brackets inside of a value.
pub(crate) fn vectors(file: &str) -> Vec<Fields> {
    let mut found: Vec<Fields> = Vec::new();
    let mut list: Option<String> = None;
    for line in file.lines() {
        let line = line.trim().trim_end_matches(',');
        let word = |text: &str| text.trim().trim_matches('"').to_owned();
        match line.split_once(": ") {
            _ if line == "{" => found.push(Fields::new()),
            _ if line == "]" => list = None,
            Some((name, "[")) => list = Some(word(name)),
            Some((name, value)) => {
                if let Some(fields) = found.last_mut() {
                    fields.insert(word(name), word(value));
                }
            }
            None => {
                if let (Some(name), Some(fields)) = (&list, found.last_mut()) {
                    let items = fields.entry(name.clone()).or_default();
                    if !items.is_empty() {
                        items.push(',');
                    }
                    items.push_str(&word(line));
                }
            }
        }
    }
    // What stands outside of the list of vectors is a vector of nothing that is asked for.
    found.retain(|fields| fields.contains_key("key"));
    found
}

pub(crate) fn bytes(fields: &Fields, name: &str) -> Vec<u8> {
    hex(&fields[name])
}

/// The slot of a whole message.
fn whole(message: &[u8]) -> Slot {
    Slot { row: 0, start: 0, len: message.len() as u32 }
}

fn under(message: &[u8], stream: &[[u8; BLOCK]]) -> Vec<u8> {
    let blocks = message.chunks(BLOCK).zip(stream);
    blocks.flat_map(|(piece, block)| piece.iter().zip(block).map(|(a, b)| a ^ b)).collect()
}

fn tag(siv: &Siv, message: &[u8]) -> [u8; BLOCK] {
    let mut room = message.to_vec();
    room.resize(message.len() + 64, 0xaa);
    let mut lanes = Lanes::default();
    siv.tags(&mut lanes, &room, &[whole(message)])[0]
}

fn siv_seal(siv: &Siv, message: &[u8]) -> Vec<u8> {
    let tag = tag(siv, message);
    let mut stream = Vec::new();
    siv.keystream(&[whole(message)], &[tag], &mut stream);
    [tag.to_vec(), under(message, &stream)].concat()
}

fn siv_open(siv: &Siv, sealed: &[u8]) -> Option<Vec<u8>> {
    let (first, body) = sealed.split_at(TAG_BYTES);
    let mut stream = Vec::new();
    siv.keystream(&[whole(body)], &[load(first, 0)], &mut stream);
    let message = under(body, &stream);
    (tag(siv, &message) == first).then_some(message)
}

fn xaes_seal(key: &[u8], nonce: &[u8], message: &[u8], associated: &[u8]) -> Vec<u8> {
    let (first, second) = nonce.split_at(HALF);
    let gcm = Xaes::new(key).unwrap().gcm(first.try_into().unwrap(), associated);
    let mut stream = Vec::new();
    gcm.keystream(&[whole(message)], |_, _| second.try_into().unwrap(), &mut stream);
    let mut sealed = under(message, &stream[1..]);
    sealed.resize(message.len() + 64, 0xaa);
    let mut tags = Vec::new();
    gcm.tags(&sealed, &[whole(message)], &stream, &mut tags);
    sealed.truncate(message.len());
    sealed.extend(tags[0]);
    sealed
}

#[test]
fn rfc_5297_and_openssl() {
    let long = vectors(file!("rfc5297_aes_siv"));
    let (long, short): (Vec<_>, Vec<_>) = long.iter().partition(|v| v["key"].len() == 128);
    assert_eq!((long.len(), short.len()), (1, 2));
    for vector in long {
        let strings: Vec<Vec<u8>> = vector["associated"].split(',').map(hex).collect();
        let strings: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
        let siv = Siv::new(&bytes(vector, "key"), &strings).unwrap();
        assert_eq!(siv_seal(&siv, &bytes(vector, "plaintext")), bytes(vector, "output"));
        assert_eq!(siv_open(&siv, &bytes(vector, "output")), Some(bytes(vector, "plaintext")));
    }
    for vector in short {
        let refused = Siv::new(&bytes(vector, "key"), &[]).err();
        assert_eq!(refused, Some(Fault::KeyLength { expected: 64 }));
    }
}

#[test]
fn wycheproof_aes_siv_cmac() {
    let (mut valid, mut invalid) = (0, 0);
    for vector in vectors(file!("wycheproof_aes_siv_cmac")) {
        let (message, sealed) = (bytes(&vector, "plaintext"), bytes(&vector, "output"));
        let Ok(siv) = Siv::new(&bytes(&vector, "key"), &[&bytes(&vector, "associated")]) else {
            assert_ne!(vector["key"].len(), 128);
            continue;
        };
        if vector["valid"] == "true" {
            assert_eq!(siv_seal(&siv, &message), sealed);
            assert_eq!(siv_open(&siv, &sealed), Some(message));
            valid += 1;
        } else {
            assert_ne!(siv_seal(&siv, &message), sealed);
            assert_eq!(siv_open(&siv, &sealed), None);
            invalid += 1;
        }
    }
    assert_eq!((valid, invalid), (12, 4));
}

#[test]
fn cmac_vectors_of_nist_and_wycheproof() {
    let mut seen = 0;
    for file in [file!("rfc4493_aes_cmac"), file!("wycheproof_aes_cmac")] {
        for vector in vectors(file).iter().filter(|vector| vector["key"].len() == 64) {
            let aes = Aes::new(sized(&bytes(vector, "key")).unwrap());
            let right = cmac(&aes, &bytes(vector, "message")).to_vec() == bytes(vector, "tag");
            assert_eq!(right, vector.get("valid").is_none_or(|valid| valid == "true"));
            seen += 1;
        }
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn c2sp_xaes_256_gcm() {
    let all = vectors(file!("c2sp_xaes_256_gcm"));
    assert_eq!(all.len(), 2);
    for vector in all {
        let (key, nonce) = (bytes(&vector, "key"), bytes(&vector, "nonce"));
        let (message, associated) = (bytes(&vector, "plaintext"), bytes(&vector, "associated"));
        let sealed = xaes_seal(&key, &nonce, &message, &associated);
        assert_eq!(sealed, bytes(&vector, "output"));
    }
}

/// C2SP's own test over many inputs: drawn from one SHAKE-128 stream, outputs into another.
fn accumulated(iterations: usize) -> String {
    let mut stream = Shake128::default();
    let mut outputs = Shake128::default();
    for _ in 0..iterations {
        let (key, nonce) = (stream.read(32), stream.read(24));
        let length = usize::from(stream.read(1)[0]);
        let message = stream.read(length);
        let length = usize::from(stream.read(1)[0]);
        outputs.absorb(&xaes_seal(&key, &nonce, &message, &stream.read(length)));
    }
    outputs.read(32).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn c2sp_xaes_256_gcm_accumulated() {
    assert!(
        file!("c2sp_xaes_256_gcm").contains(&format!("\"10000\": \"{}\"", accumulated(10_000)))
    );
}

#[test]
#[ignore = "a million iterations take a minute unless optimised"]
fn c2sp_xaes_256_gcm_accumulated_a_million() {
    let digest = accumulated(1_000_000);
    assert!(file!("c2sp_xaes_256_gcm").contains(&format!("\"1000000\": \"{digest}\"")));
}

/// `\u00fc` in the files' JSON.
pub(crate) fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut all, part| {
        let point = u32::from_str_radix(&part[..4], 16).ok().and_then(char::from_u32);
        all.push(point.unwrap());
        all.push_str(&part[4..]);
        all
    })
}

#[test]
fn our_ciphertexts_under_the_nonces_of_the_reference() {
    let all = vectors(file!("frame_v1"));
    let ciphertexts: Vec<_> = all.iter().filter(|vector| vector["kind"] == "ciphertext").collect();
    assert_eq!(ciphertexts.len(), 3);
    for vector in ciphertexts {
        let nonce = bytes(vector, "nonce");
        let row = u32::from_be_bytes(nonce[20..].try_into().unwrap()) as usize;
        let value = unescaped(&vector["canonical"]);
        let values: Vec<Option<&str>> =
            (0..=row).map(|at| (at == row).then_some(&*value)).collect();
        let column = Owned::new(&values);
        let (key, associated) = (bytes(vector, "key"), bytes(vector, "associated"));
        let number = vector["key_number"].parse().unwrap();
        let random = Ok(nonce[..20].try_into().unwrap());
        for (text, wanted) in
            [(false, bytes(vector, "frame")), (true, vector["text"].clone().into_bytes())]
        {
            let made = encrypt_with(&column.text(), &key, &associated, number, text, random);
            assert_eq!(made.unwrap().get(row), wanted);
            let frames = Owned::new(&[Some(wanted), None]);
            let frames = if text { frames.text() } else { frames.binary() };
            let key = RevealKey { algorithm: 2, number, key: key.clone() };
            let opened = reveal(&frames, &[key], &[(2, associated.clone())]).unwrap();
            assert_eq!(opened.get(0), value.as_bytes());
        }
    }
}

#[test]
fn shake_is_that_of_fips_202() {
    let empty = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26";
    assert_eq!(Shake128::default().read(32), hex(empty));
    let mut parts = Shake128::default();
    let mut once = Shake128::default();
    let message: Vec<u8> = (0..=255).cycle().take(1000).collect();
    message.chunks(7).for_each(|piece| parts.absorb(piece));
    once.absorb(&message);
    assert_eq!([parts.read(3), parts.read(500)].concat(), once.read(503));
    assert_eq!(xor([1; BLOCK], [3; BLOCK]), [2; BLOCK]);
}
