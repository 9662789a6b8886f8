//! Chunks written by hand, page by page.

use super::{Chunk, Codec, Decoded, Limits, Values, Wanted, read_chunk};

/// A field of a number: how far its id is from the last one's, the type i32, the number.
fn field(step: u8, number: i32, made: &mut Vec<u8>) {
    made.push(step << 4 | 5);
    let mut left = (number as u32) << 1 ^ (number >> 31) as u32;
    while left >= 0x80 {
        made.push(left as u8 | 0x80);
        left >>= 7;
    }
    made.push(left as u8);
}

/// A page with its header: its kind, the step to its own header's field, and that header's numbers.
fn page(kind: i32, step: u8, numbers: &[i32], stored: &[u8], unpacked: usize) -> Vec<u8> {
    let mut made = Vec::new();
    field(1, kind, &mut made);
    field(1, unpacked as i32, &mut made);
    field(1, stored.len() as i32, &mut made);
    made.push(step << 4 | 12);
    for number in numbers {
        field(1, *number, &mut made);
    }
    made.extend([0, 0]);
    made.extend(stored);
    made
}

fn first(values: i32, encoding: i32, stored: &[u8]) -> Vec<u8> {
    page(0, 2, &[values, encoding, 3, 3], stored, stored.len())
}

fn dictionary(values: i32, stored: &[u8]) -> Vec<u8> {
    page(2, 4, &[values, 0], stored, stored.len())
}

fn read(pages: &[u8], wanted: Wanted, optional: bool, rows: usize) -> Option<Decoded> {
    let chunk = Chunk { pages, codec: Codec::None, wanted, optional };
    read_chunk(&chunk, Limits { rows, bytes: 1 << 10 }, &mut Vec::new())
}

fn texts(decoded: Decoded) -> Vec<Option<String>> {
    let Values::Text(values) = decoded.values else { panic!("no text") };
    let text = |row: usize| String::from_utf8(values.get(row).to_vec()).unwrap();
    let there = |row: usize| decoded.there.get(row).copied().unwrap_or(true);
    (0..values.len()).map(|row| there(row).then(|| text(row))).collect()
}

const TWO: &[u8] = b"\x01\0\0\0a\x02\0\0\0bc";

#[test]
fn a_dictionary_serves_all_pages_and_plain_ones_may_follow() {
    let chunk = [
        dictionary(2, TWO),
        first(3, 8, &[1, 2, 0, 4, 1]),
        first(2, 2, &[1, 3, 0b01]),
        first(2, 0, TWO),
    ]
    .concat();
    let found = texts(read(&chunk, Wanted::Text, false, 7).unwrap());
    let expected = ["a", "bc", "bc", "bc", "a", "a", "bc"];
    assert_eq!(found, expected.map(|text| Some(text.to_owned())));
}

#[test]
fn levels_of_either_kind_of_page_say_what_is_null() {
    let v2 = page(3, 5, &[3, 1, 3, 0, 2, 0], &[&[3, 0b011][..], TWO].concat(), 2 + TWO.len());
    let v1 = first(3, 0, &[&[2, 0, 0, 0, 3, 0b101][..], TWO].concat());
    let found = texts(read(&[v2, v1].concat(), Wanted::Text, true, 6).unwrap());
    let [a, b] = ["a", "bc"].map(|text| Some(text.to_owned()));
    assert_eq!(found, [a.clone(), b.clone(), None, a, None, b]);
}

#[test]
fn decimals_keep_their_sign() {
    let chunk = first(3, 0, &[0xFF, 0xFE, 0, 1, 0x80, 0]);
    let found = read(&chunk, Wanted::Decimal { width: 2 }, false, 3).unwrap();
    assert_eq!(found.values, Values::Decimal(vec![-2, 1, -32_768]));
    for width in [0, 17] {
        assert_eq!(read(&chunk, Wanted::Decimal { width }, false, 3), None);
    }
}

#[test]
fn what_is_not_as_expected_is_not_read() {
    let plain = first(2, 0, TWO);
    let known = dictionary(2, TWO);
    let indexed = first(1, 8, &[1, 2, 0]);
    let twice = [known.clone(), known.clone(), indexed.clone()].concat();
    let late = [plain.clone(), known.clone()].concat();
    let beyond = [known.clone(), first(1, 8, &[2, 2, 2])].concat();
    let empty = [dictionary(0, b""), indexed.clone()].concat();
    let cases: [(&str, &[u8], usize); 12] = [
        ("fewer rows", &plain, 1),
        ("more rows", &plain, 3),
        ("no page", b"", 1),
        ("a dictionary twice", &twice, 1),
        ("a dictionary late", &late, 2),
        ("no dictionary", &indexed, 1),
        ("an index beyond it", &beyond, 1),
        ("an empty dictionary", &empty, 1),
        ("a page that is cut off", &plain[..plain.len() - 1], 2),
        ("a header that is cut off", &plain[..5], 2),
        ("bytes behind the values", &first(1, 0, TWO), 1),
        ("a length beyond the page", &first(1, 0, b"\x05\0\0\0abcd"), 1),
    ];
    for (name, chunk, rows) in cases {
        assert_eq!(read(chunk, Wanted::Text, false, rows), None, "{name}");
    }
    assert!(read(&plain, Wanted::Text, false, 2).is_some());
}

#[test]
fn a_chunk_without_rows_is_a_column_without_rows() {
    let found = read(b"", Wanted::Int64, true, 0).unwrap();
    assert_eq!((found.values, found.there), (Values::Int64(Vec::new()), Vec::new()));
}

#[test]
fn values_that_repeat_take_no_more_room_than_is_allowed() {
    let long = [&[100, 0, 0, 0][..], &[b'x'; 100]].concat();
    let chunk = |count: u8| [dictionary(1, &long), first(i32::from(count), 8, &[1, count << 1, 0])];
    assert!(read(&chunk(10).concat(), Wanted::Text, false, 10).is_some());
    assert_eq!(read(&chunk(11).concat(), Wanted::Text, false, 11), None);
}
