//! A schema's type, and whether metadata says that it is another one.

use std::ffi::{CStr, c_char};
use std::slice;

use lockgate_kernel::fault::{Fault, Outcome};

use crate::abi::Schema;
use crate::kind::Kind;

const EXTENSION: &[u8] = b"ARROW:extension:name";

/// The type that a schema names. `Malformed` if it is released; `UnsupportedType` for dictionaries,
/// extension types and what `Kind` does not know.
///
/// # Safety
/// The schema is as the C data interface says.
pub(crate) unsafe fn kind_of(schema: &Schema) -> Outcome<Kind> {
    if schema.release.is_none() || schema.format.is_null() {
        return Err(Fault::Malformed);
    }
    // SAFETY: a schema that is not released has a format that ends with a zero byte.
    let format = unsafe { CStr::from_ptr(schema.format) };
    // SAFETY: the caller's promise.
    if !schema.dictionary.is_null() || unsafe { is_extension(schema.metadata) } {
        return Err(Fault::UnsupportedType);
    }
    Kind::parse(format.to_bytes())
}

/// Whether metadata names an extension type.
///
/// # Safety
/// `metadata` is null or as the C data interface says: a count, then so many keys and values, each
/// behind its length.
unsafe fn is_extension(metadata: *const c_char) -> bool {
    if metadata.is_null() {
        return false;
    }
    let mut rest = Cursor(metadata.cast());
    // SAFETY: the caller's promise, read in the order it gives.
    unsafe {
        let pairs = rest.number();
        for _ in 0..pairs {
            let is_it = rest.text() == EXTENSION;
            rest.text();
            if is_it {
                return true;
            }
        }
    }
    false
}

/// Where metadata is read next.
struct Cursor(*const u8);

impl Cursor {
    /// # Safety
    /// A number stands here.
    unsafe fn number(&mut self) -> usize {
        // SAFETY: the caller's promise; it need not be aligned.
        let number = unsafe { self.0.cast::<i32>().read_unaligned() };
        // SAFETY: as above.
        self.0 = unsafe { self.0.add(size_of::<i32>()) };
        usize::try_from(number).unwrap_or(0)
    }

    /// # Safety
    /// A length stands here, then so many bytes, which outlive what is made of them.
    unsafe fn text<'a>(&mut self) -> &'a [u8] {
        // SAFETY: the caller's promise.
        let length = unsafe { self.number() };
        let start = self.0;
        // SAFETY: as above.
        self.0 = unsafe { start.add(length) };
        // SAFETY: as above.
        unsafe { slice::from_raw_parts(start, length) }
    }
}
