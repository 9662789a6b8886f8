use super::*;
use crate::column::{Bits, Bytes, Ranges, Values};

/// Texts and which of them are there, as buffers.
struct Texts {
    offsets: Vec<i32>,
    data: Vec<u8>,
    bits: Vec<u8>,
    bare: bool,
}

impl Texts {
    fn new(values: &[Option<&str>]) -> Self {
        let mut texts = Self { offsets: vec![0], data: Vec::new(), bits: Vec::new(), bare: false };
        for (row, value) in values.iter().enumerate() {
            if row % 8 == 0 {
                texts.bits.push(0);
            }
            texts.bits[row / 8] |= u8::from(value.is_some()) << (row % 8);
            texts.data.extend_from_slice(value.unwrap_or("under a null\"").as_bytes());
            texts.offsets.push(i32::try_from(texts.data.len()).unwrap());
        }
        texts
    }

    fn given(&self) -> Given<'_> {
        let len = self.offsets.len() - 1;
        let validity = Some(Bits::new(&self.bits, 0, len).unwrap());
        let values = Values::Text(Bytes::Small(Ranges::new(&self.offsets, &self.data).unwrap()));
        Given { column: Column { len, validity, values }, bare: self.bare }
    }
}

fn text(lines: Outcome<Option<Vec<u8>>>) -> String {
    String::from_utf8(lines.unwrap().unwrap()).unwrap()
}

fn int(values: &[i64]) -> Given<'_> {
    let column = Column { len: values.len(), validity: None, values: Values::Int64(values) };
    Given { column, bare: true }
}

#[test]
fn cells_are_joined_in_rows() {
    let all =
        Texts::new(&[Some("a"), Some(""), Some("longer than any block that is copied at once")]);
    let some = Texts::new(&[None, Some("say \"x\""), Some("=1")]);
    let columns = [all.given(), int(&[1, -2, 3]), some.given()];
    assert_eq!(
        text(csv(&columns)),
        "\"a\",1,\n\"\",-2,\"say \"\"x\"\"\"\n\
         \"longer than any block that is copied at once\",3,\"'=1\"\n"
    );
    let keys = ["\"a\"", "\"n\"", "\"s\""].map(String::from);
    assert_eq!(
        text(jsonl(&keys, &columns)),
        "{\"a\":\"a\",\"n\":1,\"s\":null}\n{\"a\":\"\",\"n\":-2,\"s\":\"say \\\"x\\\"\"}\n\
         {\"a\":\"longer than any block that is copied at once\",\"n\":3,\"s\":\"=1\"}\n"
    );
}

#[test]
fn quotes_are_where_they_belong_whatever_stands_beside() {
    let full = Texts::new(&[Some("x"), Some("y")]);
    let holes = Texts::new(&[None, Some("z")]);
    let numbers = int(&[1, 2]);
    let kinds: [(Given<'_>, [&str; 2]); 3] =
        [(full.given(), ["\"x\"", "\"y\""]), (holes.given(), ["", "\"z\""]), (numbers, ["1", "2"])];
    for (one, first) in &kinds {
        for (two, second) in &kinds {
            for (three, third) in &kinds {
                let row = |at: usize| format!("{},{},{}\n", first[at], second[at], third[at]);
                let found = text(csv(&[one.clone(), two.clone(), three.clone()]));
                assert_eq!(found, row(0) + &row(1));
            }
        }
        assert_eq!(text(csv(std::slice::from_ref(one))), format!("{}\n{}\n", first[0], first[1]));
    }
}

#[test]
fn rows_beyond_those_worked_on_together_are_the_same() {
    let words: Vec<String> = (0..3 * ROWS + 7).map(|row| "w".repeat(row % 70)).collect();
    let values: Vec<Option<&str>> = words.iter().map(|word| Some(word.as_str())).collect();
    let texts = Texts::new(&values);
    let numbers: Vec<i64> = (0..words.len() as i64).collect();
    let expected: String =
        words.iter().zip(&numbers).map(|(word, number)| format!("\"{word}\",{number}\n")).collect();
    assert_eq!(text(csv(&[texts.given(), int(&numbers)])), expected);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    assert_eq!(csv(&[]), Err(Fault::Malformed));
    assert_eq!(csv(&[int(&[1]), int(&[1, 2])]), Err(Fault::Malformed));
    assert_eq!(jsonl(&[], &[int(&[1])]), Err(Fault::Malformed));
    let column = Column { len: 1, validity: None, values: Values::Float64(&[1.0]) };
    assert_eq!(csv(&[Given { column, bare: true }]), Err(Fault::UnsupportedType));
    let column = Column { len: 1, validity: None, values: Values::Date32(&[i32::MIN]) };
    assert_eq!(csv(&[Given { column, bare: false }]), Ok(None));
}

#[test]
fn bare_text_stands_as_it_is() {
    let mut texts = Texts::new(&[Some("1e-05"), None, Some("\"NaN\"")]);
    texts.bare = true;
    assert_eq!(text(csv(&[texts.given()])), "1e-05\n\n\"NaN\"\n");
    assert_eq!(
        text(jsonl(&["\"k\"".to_owned()], &[texts.given()])),
        "{\"k\":1e-05}\n{\"k\":null}\n{\"k\":\"NaN\"}\n"
    );
}

#[test]
fn all_bits_of_a_range_are_seen() {
    let bytes = [0b1111_0111, 0xff, 0b0111_1111];
    for offset in 0..9 {
        let bits = Bits::new(&bytes, offset, 24 - offset).unwrap();
        for start in 0..bits.len() {
            for end in start..=bits.len() {
                assert_eq!(bits.all(start..end), (start..end).all(|row| bits.get(row)));
            }
        }
    }
}
