//! Whole columns: the vectors of docs/reference/frame.md, there and back, and what is refused.

use crate::canonical::Normaliser;
use crate::encrypt::{encrypt, encrypt_with};
use crate::fault::{Fault, Outcome};
use crate::hash::{Algorithm, hash};
use crate::reveal::{RevealKey, reveal};
use crate::test_support::{Owned, Random, hex};
use crate::tokenize::tokenize;
use crate::varlen::Varlen;

const TOKEN_KEY: &str = "7445b53c3b7d89ed43330ff957e19140f86ca94a0d0f4dd6e6a97afc1a9ebbfb\
                         7b90c8a6b84d7d27f474c14f9b2e4aae65c1b1364e59dcc07d2f30f6af7fbcaa";
const CIPHER_KEY: &str = "5826d0a3d1e18cd16843ae1835adae3240fd249abd9cdb8950e53bb8d6ced470";
const EMAIL: &str =
    "00000004000000086c6f636b67617465000000013100000005746f6b656e00000005656d61696c";
const SSN: &str = "00000005000000086c6f636b67617465000000013100000007656e63727970740000000f\
                   636c696e69632e70617469656e74730000000373736e";

fn rows(of: &Varlen) -> Vec<&[u8]> {
    (0..of.len()).map(|row| of.get(row)).collect()
}

/// The same frames as a column.
fn again(frames: &Varlen, nulls: impl Fn(usize) -> bool) -> Owned {
    let row = |row| (!nulls(row)).then(|| frames.get(row));
    Owned::new(&(0..frames.len()).map(row).collect::<Vec<_>>())
}

fn keys() -> Vec<RevealKey> {
    let key = |algorithm, number, hexed| RevealKey { algorithm, number, key: hex(hexed) };
    vec![key(1, 1, TOKEN_KEY), key(2, 2, CIPHER_KEY), key(1, 5, TOKEN_KEY)]
}

fn places() -> Vec<(u8, Vec<u8>)> {
    vec![(1, hex(EMAIL)), (2, hex(SSN))]
}

fn tokens(column: &Owned, number: u32, text: bool) -> Varlen {
    let exact = Normaliser::Exact;
    tokenize(&column.binary(), exact, &hex(TOKEN_KEY), &hex(EMAIL), number, text).unwrap()
}

#[test]
fn tokens_are_those_of_the_reference() {
    let column = Owned::new(&[Some("ada@example.com"), None, Some("")]);
    let wanted = [
        hex("1100000159f1d03fe63ed45a4356e66d601fcce2629ca25ba6facd87af55d20218e46b"),
        Vec::new(),
        hex("110000017f3f08b1636beb0c0dde5b11ca71fc4e"),
    ];
    assert_eq!(rows(&tokens(&column, 1, false)), wanted);
    let texts = [
        "lkg1_EQAAAVnx0D_mPtRaQ1bmbWAfzOJinKJbpvrNh69V0gIY5Gs",
        "",
        "lkg1_EQAAAX8_CLFja-sMDd5bEcpx_E4",
    ];
    assert_eq!(rows(&tokens(&column, 1, true)), texts.map(str::as_bytes));
}

#[test]
fn ciphertexts_are_those_of_the_reference() {
    let column = Owned::new(&[Some("078-05-1120"), Some("")]);
    let random: [u8; 20] = std::array::from_fn(|at| at as u8);
    let sealed = |text| {
        encrypt_with(&column.binary(), &hex(CIPHER_KEY), &hex(SSN), 2, text, Ok(random)).unwrap()
    };
    let wanted = [
        hex("12000002000102030405060708090a0b0c0d0e0f1011121300000000\
             6ac1c9b7cb39ae6118234985d5da840c3a520617dd2115a8f0d7d8"),
        hex("12000002000102030405060708090a0b0c0d0e0f1011121300000001\
             4edaba732cb5675e831b1cc056c4e8a2"),
    ];
    assert_eq!(rows(&sealed(false)), wanted);
    let texts = [
        "lkg1_EgAAAgABAgMEBQYHCAkKCwwNDg8QERITAAAAAGrBybfLOa5hGCNJhdXahAw6UgYX3SEVqPDX2A",
        "lkg1_EgAAAgABAgMEBQYHCAkKCwwNDg8QERITAAAAAU7aunMstWdegxscwFbE6KI",
    ];
    assert_eq!(rows(&sealed(true)), texts.map(str::as_bytes));
}

#[test]
fn hashes_are_those_of_the_reference() {
    let column = Owned::new(&[Some("ada@example.com"), Some(""), None]);
    let hashed = |key: &str, algorithm, text| {
        hash(&column.binary(), Normaliser::Exact, &hex(key), algorithm, text).unwrap()
    };
    let key = "abfc1de445c2d89f78d7c126ad295a9cc03ca222cf44edc4f7c5020cec225618";
    let wanted = ["92d2e285cf47561acb59e4d6d88ca5cd", "93c528324ad9d9f3abbd40c8288436a8", ""];
    assert_eq!(rows(&hashed(key, Algorithm::AesCmac, false)), wanted.map(hex));
    assert_eq!(rows(&hashed(key, Algorithm::AesCmac, true)), wanted.map(str::as_bytes));
    let key = "9f1916a0849e98efb3abc52e67f11621112124fd4ca38e88e78b7a2886620568";
    let wanted = [
        "54ef05e6d006201b5b96a69839fde6d5af2c5a3b57a8102430e516aa0f128192",
        "41ebcb06aff48ce0fe3c3c2ae13f6376423a58fbbf64cd53654fa1f0267e4c52",
        "",
    ];
    assert_eq!(rows(&hashed(key, Algorithm::HmacSha256, false)), wanted.map(hex));
    assert_eq!(rows(&hashed(key, Algorithm::HmacSha256, true)), wanted.map(str::as_bytes));
}

/// Values of all sorts, with nulls among them.
fn mixed(random: &mut Random, count: usize, longest: usize) -> Vec<Option<Vec<u8>>> {
    let row = |_| {
        let length = random.below(longest + 1);
        (random.below(5) > 0).then(|| random.bytes(length))
    };
    (0..count).map(row).collect()
}

#[test]
fn what_was_written_is_revealed_from_bytes_and_from_text() {
    let mut random = Random::new(6);
    for (count, longest) in [(0, 1), (1, 3), (70, 0), (2000, 60), (300, 4000), (3, 1 << 20)] {
        let values = mixed(&mut random, count, longest);
        let column = Owned::new(&values);
        let plain: Vec<_> = values.iter().map(|value| value.clone().unwrap_or_default()).collect();
        for text in [false, true] {
            let ciphers = encrypt(&column.binary(), &hex(CIPHER_KEY), &hex(SSN), 2, text).unwrap();
            for frames in [tokens(&column, 1, text), ciphers] {
                let read = again(&frames, |row| values[row].is_none());
                let read = if text { read.text() } else { read.binary() };
                assert_eq!(rows(&reveal(&read, &keys(), &places()).unwrap()), plain);
            }
        }
    }
}

/// Tokens under two keys and ciphertexts of many calls, in no order.
fn column_of_all(random: &mut Random) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut frames, mut plain) = (Vec::new(), Vec::new());
    for call in 0..1200 {
        let value = random.bytes(call % 90);
        let column = Owned::new(&[Some(&value), Some(&value)]);
        let sealed = match random.below(3) {
            0 => tokens(&column, 1, false),
            1 => tokens(&column, 5, false),
            _ => encrypt(&column.binary(), &hex(CIPHER_KEY), &hex(SSN), 2, false).unwrap(),
        };
        for frame in rows(&sealed) {
            frames.push(frame.to_vec());
            plain.push(value.clone());
        }
    }
    (frames, plain)
}

#[test]
fn frames_of_any_header_and_call_stand_side_by_side() {
    let (frames, plain) = column_of_all(&mut Random::new(7));
    let column = Owned::new(&frames.iter().map(Some).collect::<Vec<_>>());
    let opened = reveal(&column.binary(), &keys(), &places()).unwrap();
    assert_eq!(rows(&opened), plain);
}

#[test]
fn a_frame_altered_in_any_bit_does_not_open_and_is_counted_once() {
    let column = Owned::new(&[Some("ada@example.com, 22 byt"), Some("x")]);
    let ciphers = encrypt(&column.binary(), &hex(CIPHER_KEY), &hex(SSN), 2, false).unwrap();
    for frames in [tokens(&column, 1, false), ciphers] {
        // Not the header: another key number names another key.
        for bit in 32..frames.get(0).len() * 8 {
            let mut altered = rows(&frames).iter().map(|row| row.to_vec()).collect::<Vec<_>>();
            altered[0][bit / 8] ^= 1 << (bit % 8);
            let altered = Owned::new(&altered.iter().map(Some).collect::<Vec<_>>());
            let refused = reveal(&altered.binary(), &keys(), &places());
            assert_eq!(refused.err(), Some(Fault::DoNotOpen { refused: 1 }), "bit {bit}");
        }
    }
}

fn revealed(frames: &[&[u8]], keys: &[RevealKey], places: &[(u8, Vec<u8>)]) -> Outcome<Varlen> {
    reveal(&Owned::new(&frames.iter().map(Some).collect::<Vec<_>>()).binary(), keys, places)
}

#[test]
fn faults_come_in_the_order_of_the_portable_kernel() {
    let token = hex("1100000159f1d03fe63ed45a4356e66d601fcce2629ca25ba6facd87af55d20218e46b");
    let shut = |from: &[u8], at: usize, to: u8| {
        let mut frame = from.to_vec();
        frame[at] = to;
        frame
    };
    let bad = shut(&token, 30, 0);
    let cipher = [&hex("12000002")[..], &[0; 60]].concat();
    let (ninth, third) = (shut(&token, 3, 9), shut(&token, 3, 3));
    let all: Vec<&[u8]> = vec![&bad, &ninth, &cipher, &third, b"no frame", b"", &token];
    let fault = |rows: &[&[u8]], keys: &[RevealKey], places: &[(u8, Vec<u8>)]| {
        revealed(rows, keys, places).err()
    };
    assert_eq!(fault(&all, &keys(), &places()), Some(Fault::NotFrames { refused: 2 }));
    let zeros = Some(Fault::NotFrames { refused: 1 });
    assert_eq!(fault(&[&[0; 99]], &keys(), &places()), zeros);
    assert_eq!(fault(&[&token, &[0; 99], &token], &keys(), &places()), zeros);
    assert_eq!(fault(&[&token, &token[..19], &token], &keys(), &places()), zeros);
    let frames = &all[..4];
    assert_eq!(fault(frames, &keys(), &places()), Some(Fault::NoKey { number: 3 }));
    let opened = [&bad[..], &cipher, &bad];
    assert_eq!(fault(&opened, &keys(), &places()), Some(Fault::DoNotOpen { refused: 3 }));
    assert_eq!(fault(&opened, &keys(), &places()[..1]), Some(Fault::WrongKind));
    assert_eq!(fault(&opened, &keys()[..1], &places()[..1]), Some(Fault::NoKey { number: 2 }));
    let mut short = keys();
    short[0].key.truncate(63);
    assert_eq!(fault(&opened, &short, &places()), Some(Fault::KeyLength { expected: 64 }));
    short[1].key.push(0);
    assert_eq!(fault(&[&cipher], &short, &places()), Some(Fault::KeyLength { expected: 32 }));
}

#[test]
fn a_token_opens_in_its_own_domain_only() {
    let column = Owned::new(&[Some("ada@example.com")]);
    let other = [(1, b"another domain".to_vec()), (2, hex(SSN))];
    let frame = tokens(&column, 1, false);
    assert_eq!(
        revealed(&rows(&frame), &keys(), &other).err(),
        Some(Fault::DoNotOpen { refused: 1 })
    );
}

#[test]
fn wrong_keys_and_numbers_are_refused_before_anything_is_written() {
    let column = Owned::new(&[Some("x")]);
    let (binary, exact, key) = (column.binary(), Normaliser::Exact, [0; 64]);
    let token = |key: &[u8], number| tokenize(&binary, exact, key, b"", number, false).err();
    assert_eq!(token(&key, 0), Some(Fault::KeyNumber));
    assert_eq!(token(&key, 1 << 24), Some(Fault::KeyNumber));
    assert_eq!(token(&key[1..], 1), Some(Fault::KeyLength { expected: 64 }));
    let cipher = |key: &[u8], number| encrypt(&binary, key, b"", number, false).err();
    assert_eq!(cipher(&key[..32], 0), Some(Fault::KeyNumber));
    assert_eq!(cipher(&key, 1), Some(Fault::KeyLength { expected: 32 }));
    let hashed = hash(&binary, exact, &key, Algorithm::AesCmac, false).err();
    assert_eq!(hashed, Some(Fault::KeyLength { expected: 32 }));
}

#[test]
fn a_nonce_counts_rows_of_the_call_null_ones_too() {
    let values: Vec<_> = (0..1500).map(|row| (row % 3 > 0).then_some("x")).collect();
    let column = Owned::new(&values);
    let sealed = encrypt(&column.binary(), &[1; 32], b"", 1, false).unwrap();
    for row in (0..1500).filter(|row| row % 3 > 0) {
        let frame = sealed.get(row);
        assert_eq!(frame[4..24], sealed.get(1)[4..24]);
        assert_eq!(frame[24..28], (row as u32).to_be_bytes());
    }
    assert!(sealed.get(3).is_empty());
}

#[test]
fn no_two_calls_draw_the_same_nonce() {
    let column = Owned::new(&[Some("x")]);
    let sealed = || encrypt(&column.binary(), &[1; 32], b"", 1, false).unwrap();
    assert_ne!(sealed().get(0)[4..24], sealed().get(0)[4..24]);
}
