//! What the other side may hand over: well-formed, malformed, released, not aligned.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use lockgate_kernel::column::{Bytes, Column, Slots, Values};
use lockgate_kernel::each_layout;
use lockgate_kernel::fault::Fault;
use lockgate_kernel::varlen::Varlen;

use crate::{Array, Data, Export, Import, Kind, Layout, Nulls, Schema};

mod batch;

/// Buffers that a test hands over, and how often they were released.
struct Held<'a> {
    buffers: Vec<*const c_void>,
    released: &'a AtomicUsize,
}

unsafe extern "C" fn release_array(array: *mut Array) {
    // SAFETY: `handed` put a `Held` there.
    unsafe {
        let held = Box::from_raw((*array).private_data.cast::<Held<'static>>());
        held.released.fetch_add(1, Ordering::Relaxed);
        (*array).release = None;
    }
}

unsafe extern "C" fn release_schema(schema: *mut Schema) {
    // SAFETY: called on a schema of this module.
    unsafe { (*schema).release = None }
}

fn schema(format: &'static CStr) -> Schema {
    let mut schema = Schema::released();
    schema.format = format.as_ptr();
    schema.release = Some(release_schema);
    schema
}

fn handed(len: i64, buffers: Vec<*const c_void>, released: &AtomicUsize) -> Array {
    // SAFETY: the counter outlives the array in every test.
    let released = unsafe { &*ptr::from_ref(released) };
    let mut held = Box::new(Held { buffers, released });
    let mut array = Array::released();
    array.length = len;
    array.null_count = -1;
    array.n_buffers = i64::try_from(held.buffers.len()).unwrap();
    array.buffers = held.buffers.as_mut_ptr();
    array.private_data = Box::into_raw(held).cast();
    array.release = Some(release_array);
    array
}

fn at<T>(values: &[T]) -> *const c_void {
    values.as_ptr().cast()
}

fn import(schema: Schema, array: Array) -> Result<Import, Fault> {
    // SAFETY: the tests hand over what the interface asks for, but for what is checked.
    unsafe { Import::new(schema, array) }
}

fn strings(column: &Column<'_>) -> Vec<Option<Vec<u8>>> {
    let (Values::Text(bytes) | Values::Binary(bytes)) = &column.values else {
        panic!("no strings")
    };
    each_layout!(bytes, slots => (0..column.len)
        .map(|row| column.is_valid(row).then(|| slots.get(row).to_vec()))
        .collect())
}

fn some(texts: &[&str]) -> Vec<Option<Vec<u8>>> {
    texts.iter().map(|text| Some(text.as_bytes().to_vec())).collect()
}

#[test]
fn what_is_exported_is_imported_as_it_was_any_number_of_times() {
    let bits = [0b1_0101_u8];
    let mut values = Varlen::with_capacity(5, 0);
    for text in ["Ada", "", "Grace Hopper", "", "é"] {
        values.data.extend_from_slice(text.as_bytes());
        values.close().unwrap();
    }
    let validity = lockgate_kernel::column::Bits::new(&bits, 0, 5).unwrap();
    let like = Column { len: 5, validity: Some(validity), values: Values::Bool(validity) };
    let export = Export::varlen(values, true, &like).unwrap();

    for _ in 0..2 {
        let import = import(export.schema(), export.array()).unwrap();
        assert_eq!(import.kind(), Kind::Text(Layout::Small));
        let found = strings(&import.column().unwrap());
        let [ada, none, grace, gone, last] = &found[..] else { panic!("five rows") };
        assert_eq!([none, gone], [&None, &None]);
        assert_eq!(
            [ada, grace, last].map(Clone::clone).to_vec(),
            some(&["Ada", "Grace Hopper", "é"])
        );
    }
}

#[test]
fn an_export_outlives_its_maker() {
    let export = Export::bytes(vec![3, 1, 4]).unwrap();
    let (schema, array) = (export.schema(), export.array());
    drop(export);

    let import = import(schema, array).unwrap();
    let column = import.column().unwrap();

    assert!(matches!(column.values, Values::UInt8([3, 1, 4])));
}

#[test]
fn nulls_of_other_rows_are_refused() {
    let column = Column { len: 9, validity: None, values: Values::Null };
    let nine = Nulls::of(&column);

    assert_eq!(Export::numbers(Data::Int64(vec![1]), nine.clone()).err(), Some(Fault::Malformed));
    let one = Export::bytes(vec![1]).unwrap();
    assert_eq!(one.with_nulls(nine).err(), Some(Fault::Malformed));
}

#[test]
fn an_array_is_released_once_whether_it_is_taken_or_refused() {
    let (offsets, data) = ([0_i32, 2, 3], *b"abc");
    for (format, released_at_once) in [(c"u", 0), (c"+l", 1), (c"d:1", 1), (c"l", 1)] {
        let count = AtomicUsize::new(0);
        let array = handed(2, vec![ptr::null(), at(&offsets), at(&data)], &count);
        let taken = import(schema(format), array);
        assert_eq!(count.load(Ordering::Relaxed), released_at_once, "{format:?}");
        drop(taken);
        assert_eq!(count.load(Ordering::Relaxed), 1, "{format:?}");
    }
}

#[test]
fn taking_leaves_nothing_to_release() {
    let export = Export::bytes(vec![1]).unwrap();
    let (mut first, mut place) = (export.schema(), export.array());
    // SAFETY: both are this test's own.
    let (moved_schema, moved) = unsafe { (Schema::take(&mut first), Array::take(&mut place)) };

    assert_eq!(import(first, place).err(), Some(Fault::Malformed));
    assert!(import(moved_schema, moved).is_ok());
}

#[test]
fn a_slice_starts_at_its_offset() {
    let count = AtomicUsize::new(0);
    let (offsets, data, valid) = ([0_i32, 1, 3, 6], *b"abbccc", [0b110_u8]);
    let mut array = handed(2, vec![at(&valid), at(&offsets), at(&data)], &count);
    array.offset = 1;

    let import = import(schema(c"z"), array).unwrap();

    assert_eq!(strings(&import.column().unwrap()), some(&["bb", "ccc"]));
}

#[test]
fn no_rows_need_no_buffers() {
    for format in [c"u", c"U", c"z", c"Z"] {
        let count = AtomicUsize::new(0);
        let array = handed(0, vec![ptr::null(); 3], &count);
        assert!(strings(&import(schema(format), array).unwrap().column().unwrap()).is_empty());
    }
    for format in [c"w:4", c"l", c"b"] {
        let count = AtomicUsize::new(0);
        let import = import(schema(format), handed(0, vec![ptr::null(); 2], &count)).unwrap();
        assert_eq!(import.column().unwrap().len, 0);
    }
}

#[test]
fn what_is_not_aligned_is_copied() {
    let mut bytes = [0_u8; 1 + 8 * 3];
    let start = usize::from(bytes.as_ptr().addr().is_multiple_of(2));
    for (row, value) in [5_i64, -6, 7].iter().enumerate() {
        bytes[start + row * 8..][..8].copy_from_slice(&value.to_le_bytes());
    }
    let count = AtomicUsize::new(0);
    let array = handed(3, vec![ptr::null(), at(&bytes[start..])], &count);

    let import = import(schema(c"l"), array).unwrap();

    assert!(matches!(import.column().unwrap().values, Values::Int64([5, -6, 7])));
}

#[test]
fn offsets_that_fall_or_are_negative_are_malformed() {
    let data = *b"abcdef";
    for offsets in [[0_i32, 5, 3], [-1, 2, 3], [0, -2, 3], [0, 2, -3]] {
        let count = AtomicUsize::new(0);
        let array = handed(2, vec![ptr::null(), at(&offsets), at(&data)], &count);
        let import = import(schema(c"u"), array).unwrap();
        assert_eq!(import.column().err(), Some(Fault::Malformed), "{offsets:?}");
    }
    for offsets in [[0_i64, 5, 3], [0, i64::MIN, 3], [0, 2, -1]] {
        let count = AtomicUsize::new(0);
        let array = handed(2, vec![ptr::null(), at(&offsets), at(&data)], &count);
        let import = import(schema(c"Z"), array).unwrap();
        assert_eq!(import.column().err(), Some(Fault::Malformed), "{offsets:?}");
    }
}

fn view(length: u32, buffer: u32, offset: u32) -> [u8; 16] {
    let mut view = [b'x'; 16];
    view[..4].copy_from_slice(&length.to_le_bytes());
    view[8..12].copy_from_slice(&buffer.to_le_bytes());
    view[12..].copy_from_slice(&offset.to_le_bytes());
    view
}

#[test]
fn views_that_point_outside_are_malformed_unless_null() {
    let (data, lengths) = (*b"thirteen byte", [13_i64]);
    let bad = [view(13, 0, 1), view(13, 1, 0), view(14, 0, 0), view(13, u32::MAX, u32::MAX)];
    for wrong in bad {
        let views = [view(13, 0, 0), wrong];
        for (valid, fits) in [([0b01_u8], true), ([0b11], false)] {
            let count = AtomicUsize::new(0);
            let buffers = vec![at(&valid), at(&views), at(&data), at(&lengths)];
            let import = import(schema(c"vz"), handed(2, buffers, &count)).unwrap();
            assert_eq!(import.column().is_ok(), fits, "{wrong:?}");
        }
    }
}

#[test]
fn negative_numbers_and_missing_buffers_are_malformed() {
    let values = [1_i64, 2];
    let spoil: [fn(&mut Array); 6] = [
        |array| array.length = -1,
        |array| array.offset = -1,
        |array| array.n_buffers = 1,
        |array| array.n_buffers = 3,
        |array| array.offset = i64::MAX,
        |array| array.length = i64::MAX,
    ];
    for change in spoil {
        let count = AtomicUsize::new(0);
        let mut array = handed(2, vec![ptr::null(), at(&values)], &count);
        change(&mut array);
        assert_eq!(import(schema(c"l"), array).err(), Some(Fault::Malformed));
    }
    let count = AtomicUsize::new(0);
    let array = handed(2, vec![ptr::null(), ptr::null()], &count);
    assert_eq!(import(schema(c"l"), array).err(), Some(Fault::Malformed));
}

#[test]
fn extension_types_are_refused_by_their_name() {
    let metadata = |key: &[u8]| {
        let mut text = 1_i32.to_ne_bytes().to_vec();
        for part in [key, b"arrow.uuid".as_slice()] {
            text.extend_from_slice(&i32::try_from(part.len()).unwrap().to_ne_bytes());
            text.extend_from_slice(part);
        }
        text
    };
    let values = [0_u8; 16];
    for (key, fits) in [(b"ARROW:extension:name".as_slice(), false), (b"note", true)] {
        let count = AtomicUsize::new(0);
        let text = metadata(key);
        let mut schema = schema(c"w:16");
        schema.metadata = text.as_ptr().cast();
        let found = import(schema, handed(1, vec![ptr::null(), at(&values)], &count));
        assert_eq!(found.is_ok(), fits);
    }
}

#[test]
fn views_that_share_bytes_are_too_big_together() {
    let lengths = [1_i64 << 20];
    let data = vec![0_u8; 1 << 20];
    let views = vec![view(1 << 20, 0, 0); 2048];
    let half = vec![0x55_u8; 256];
    for (valid, fits) in [(ptr::null(), false), (at(&half), true)] {
        let count = AtomicUsize::new(0);
        let buffers = vec![valid, at(&views), at(&data), at(&lengths)];
        let import = import(schema(c"vz"), handed(2048, buffers, &count)).unwrap();
        assert_eq!(Import::check_size(&import.column().unwrap()).is_ok(), fits);
    }
}

#[test]
fn fixed_size_binary_of_no_width_is_rows_of_nothing() {
    let count = AtomicUsize::new(0);
    let array = handed(3, vec![ptr::null(), ptr::null()], &count);
    let import = import(schema(c"w:0"), array).unwrap();
    let column = import.column().unwrap();
    assert!(matches!(column.values, Values::Binary(Bytes::Fixed(_))));
    assert_eq!(strings(&column), some(&["", "", ""]));
}
