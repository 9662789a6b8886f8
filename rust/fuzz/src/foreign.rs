//! Arrays as another library hands them over: C structures, buffers no longer than promised.
//!
//! A buffer that ends where its promise ends lets AddressSanitizer see a read past it.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::rc::Rc;

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use lockgate_arrow::{Array, Schema};

/// `struct ArrowSchema`, field by field.
#[repr(C)]
struct RawSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`, field by field.
#[repr(C)]
struct RawArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

struct Kept {
    /// Each in an allocation of its own, as long as was promised and not a byte longer.
    owned: Vec<Box<[u8]>>,
    pointers: Vec<*const c_void>,
    released: Rc<Cell<usize>>,
}

/// How often the callbacks of one array were called.
#[derive(Clone, Debug, Default)]
pub struct Releases {
    /// The schema's.
    pub schema: Rc<Cell<usize>>,
    /// The array's.
    pub array: Rc<Cell<usize>>,
}

const FORMATS: [&str; 36] = [
    "n",
    "b",
    "c",
    "C",
    "s",
    "S",
    "i",
    "I",
    "l",
    "L",
    "e",
    "f",
    "g",
    "z",
    "Z",
    "vz",
    "u",
    "U",
    "vu",
    "tdD",
    "tdm",
    "tts",
    "ttm",
    "ttu",
    "ttn",
    "tss:",
    "tsn:UTC",
    "w:0",
    "w:3",
    "w:16",
    "d:9,2,32",
    "d:18,4,64",
    "d:38,10",
    "d:76,-3,256",
    "+l",
    "tDs",
];

/// A schema and an array that keep the interface's promises about lengths and break any other.
pub fn draw(u: &mut Unstructured<'_>) -> Result<(Schema, Array, Releases)> {
    let releases = Releases::default();
    let format = if u.ratio(1, 10)? {
        let letters = u.bytes(u.len().min(6))?;
        letters.iter().copied().filter(|byte| *byte != 0).collect()
    } else {
        u.choose(&FORMATS)?.as_bytes().to_vec()
    };
    let array = array(u, &format, &releases)?;
    Ok((schema(u, format, &releases)?, array, releases))
}

fn schema(u: &mut Unstructured<'_>, format: Vec<u8>, releases: &Releases) -> Result<Schema> {
    let mut raw = RawSchema {
        format: CString::new(format).unwrap_or_default().into_raw(),
        name: ptr::null(),
        metadata: ptr::null(),
        flags: u.arbitrary()?,
        n_children: 0,
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: Some(release_schema),
        private_data: Rc::into_raw(Rc::clone(&releases.schema)).cast_mut().cast(),
    };
    // SAFETY: the same fields in the same order; what was there before is forgotten.
    Ok(unsafe { Schema::take((&raw mut raw).cast()) })
}

fn array(u: &mut Unstructured<'_>, format: &[u8], releases: &Releases) -> Result<Array> {
    let rows: usize = u.int_in_range(0..=40)?;
    let offset: usize = u.int_in_range(0..=20)?;
    let mut owned = buffers(u, format, rows + offset)?;
    let absent = u.ratio(1, 20)?;
    let mut pointers: Vec<*const c_void> =
        owned.iter().map(|bytes| bytes.as_ptr().cast()).collect();
    if u.arbitrary()? && !pointers.is_empty() {
        pointers[0] = ptr::null();
    } else if absent && !pointers.is_empty() {
        let at = u.choose_index(pointers.len())?;
        pointers[at] = ptr::null();
    }
    // Of views, the last buffer tells how long the others are: which it is, is a promise too.
    let fewer = !format.starts_with(b"v") && u.ratio(1, 20)?;
    let count = if fewer { u.int_in_range(0..=pointers.len())? } else { pointers.len() };
    // A pointer beyond the count is nobody's to read.
    pointers.truncate(count);
    pointers.shrink_to_fit();
    owned.shrink_to_fit();
    let whole = !u.ratio(1, 20)?;
    let mut kept = Box::new(Kept { owned, pointers, released: Rc::clone(&releases.array) });
    let mut raw = RawArray {
        length: if whole { rows as i64 } else { -(rows as i64) },
        null_count: *u.choose(&[-1, 0, 1, rows as i64])?,
        offset: offset as i64,
        n_buffers: count as i64,
        n_children: i64::from(u.ratio(1, 30)?),
        buffers: if count == 0 { ptr::null_mut() } else { kept.pointers.as_mut_ptr() },
        children: ptr::null_mut(),
        dictionary: ptr::null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(kept).cast(),
    };
    // SAFETY: the same fields in the same order; what was there before is forgotten.
    Ok(unsafe { Array::take((&raw mut raw).cast()) })
}

/// Buffers of `total` rows, each exactly as long as the interface asks for.
fn buffers(u: &mut Unstructured<'_>, format: &[u8], total: usize) -> Result<Vec<Box<[u8]>>> {
    let bits = total.div_ceil(8);
    let mut all = vec![bytes(u, bits)?];
    match format {
        [b'n', ..] => all.clear(),
        b"b" => all.push(bytes(u, bits)?),
        b"z" | b"u" => strings(u, &mut all, total, 4)?,
        b"Z" | b"U" => strings(u, &mut all, total, 8)?,
        b"vz" | b"vu" => {
            let count = u.int_in_range(0..=3)?;
            all.push(views(u, total, count)?);
            let mut lengths = Vec::new();
            for _ in 0..count {
                let length = u.int_in_range(0..=60)?;
                all.push(bytes(u, length)?);
                lengths.extend_from_slice(&(length as i64).to_le_bytes());
            }
            all.push(lengths.into());
        }
        other => all.push(bytes(u, total * width(other))?),
    }
    Ok(all)
}

fn width(format: &[u8]) -> usize {
    match format {
        b"c" | b"C" => 1,
        b"s" | b"S" | b"e" => 2,
        b"i" | b"I" | b"f" | b"tdD" | b"tts" | b"ttm" => 4,
        [b'w', b':', digits @ ..] => {
            std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
        }
        [b'd', b':', rest @ ..] if rest.ends_with(b",32") => 4,
        [b'd', b':', rest @ ..] if rest.ends_with(b",64") => 8,
        [b'd', b':', rest @ ..] if rest.ends_with(b",256") => 32,
        [b'd', ..] => 16,
        _ => 8,
    }
}

/// Offsets that may fall; the data is as long as the last of them says.
fn strings(
    u: &mut Unstructured<'_>,
    all: &mut Vec<Box<[u8]>>,
    total: usize,
    size: usize,
) -> Result<()> {
    let mut offsets = vec![i64::from(u.int_in_range(0..=3_u8)?)];
    for row in 0..total {
        let step = u.int_in_range(0..=12)?;
        offsets.push(offsets[row] + step);
    }
    let end = offsets[total];
    if u.ratio(1, 4)? {
        let at = u.choose_index(offsets.len())?;
        // Of the last one only less can be said, or the promise would be broken.
        let wild: i64 = if size == 4 { i64::from(u.arbitrary::<i32>()?) } else { u.arbitrary()? };
        offsets[at] = if at == total { wild.min(end) } else { wild };
    }
    all.push(offsets.iter().flat_map(|end| end.to_le_bytes()[..size].to_vec()).collect());
    all.push(bytes(u, usize::try_from(end).unwrap_or(0))?);
    Ok(())
}

fn views(u: &mut Unstructured<'_>, total: usize, buffers: usize) -> Result<Box<[u8]>> {
    let mut all = Vec::new();
    for _ in 0..total {
        let wild = u.ratio(1, 8)?;
        let length: u32 = if wild { u.arbitrary()? } else { u.int_in_range(0..=30)? };
        let index: u32 = if wild { u.arbitrary()? } else { u.int_in_range(0..=buffers as u32)? };
        let start: u32 = if wild { u.arbitrary()? } else { u.int_in_range(0..=40)? };
        all.extend_from_slice(&length.to_le_bytes());
        all.extend_from_slice(&u.arbitrary::<[u8; 4]>()?);
        all.extend_from_slice(&index.to_le_bytes());
        all.extend_from_slice(&start.to_le_bytes());
    }
    Ok(all.into())
}

/// Drawn bytes, then zeros.
fn bytes(u: &mut Unstructured<'_>, count: usize) -> Result<Box<[u8]>> {
    let mut drawn = u.bytes(u.len().min(count))?.to_vec();
    drawn.resize(count, 0);
    Ok(drawn.into())
}

unsafe extern "C" fn release_schema(schema: *mut RawSchema) {
    // SAFETY: called by the holder on a schema of `schema`, which made both from these calls.
    unsafe {
        drop(CString::from_raw((*schema).format.cast_mut()));
        let released = Rc::from_raw((*schema).private_data.cast::<Cell<usize>>());
        released.set(released.get() + 1);
        (*schema).release = None;
    }
}

unsafe extern "C" fn release_array(array: *mut RawArray) {
    // SAFETY: called by the holder on an array of `array`, whose private data is this box.
    unsafe {
        let kept = Box::from_raw((*array).private_data.cast::<Kept>());
        kept.released.set(kept.released.get() + 1);
        assert!(kept.owned.len() >= kept.pointers.len());
        (*array).release = None;
    }
}
