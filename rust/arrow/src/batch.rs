//! Record batches: columns of as many rows, as the children of a struct array.

use std::ffi::{CStr, c_void};
use std::ptr;

use lockgate_kernel::fault::{Fault, Outcome};

use crate::abi::{Array, Schema};
use crate::export::Export;
use crate::import::Import;
use crate::schema::kind_of;

const STRUCT: &CStr = c"+s";

/// The rows of a batch of another library, and its columns.
///
/// The columns are taken out of it. `Malformed` if it is no struct or a column has other rows;
/// `UnsupportedType` if it has nulls or an offset of its own, which no batch has, or if a column is
/// one that `Import::new` refuses.
///
/// # Safety
/// As for `Import::new`.
pub unsafe fn columns(schema: &Schema, array: &Array) -> Outcome<(usize, Vec<Import>)> {
    if schema.release.is_none() || schema.format.is_null() || array.release.is_none() {
        return Err(Fault::Malformed);
    }
    // SAFETY: a schema that is not released has a format that ends with a zero byte.
    if unsafe { CStr::from_ptr(schema.format) } != STRUCT || schema.n_children != array.n_children {
        return Err(Fault::Malformed);
    }
    if array.null_count > 0 || array.offset != 0 || !array.dictionary.is_null() {
        return Err(Fault::UnsupportedType);
    }
    let count = usize::try_from(array.n_children).map_err(|_| Fault::Malformed)?;
    if count > 0 && (schema.children.is_null() || array.children.is_null()) {
        return Err(Fault::Malformed);
    }
    let rows = usize::try_from(array.length).map_err(|_| Fault::Malformed)?;
    let mut found = Vec::with_capacity(count);
    for place in 0..count {
        // SAFETY: there are so many children, each a structure of its own, which may be moved out
        // of a parent; the parent's release leaves alone what is marked as released.
        let (schema, array) = unsafe {
            let (schema, array) = (*schema.children.add(place), *array.children.add(place));
            if schema.is_null() || array.is_null() {
                return Err(Fault::Malformed);
            }
            (Schema::take(schema), Array::take(array))
        };
        // SAFETY: the caller's promise.
        let column = unsafe { Import::new(schema, array) }?;
        if column.len() != rows {
            return Err(Fault::Malformed);
        }
        found.push(column);
    }
    Ok((rows, found))
}

/// Whether columns are laid out as the types of a schema: `Malformed` if one is not.
///
/// # Safety
/// The schema is as the C data interface says.
pub unsafe fn check_layout(columns: &[Export], schema: &Schema) -> Outcome<()> {
    let count = usize::try_from(schema.n_children).map_err(|_| Fault::Malformed)?;
    if count != columns.len() || count > 0 && schema.children.is_null() {
        return Err(Fault::Malformed);
    }
    for (place, column) in columns.iter().enumerate() {
        // SAFETY: there are so many children; each is a schema.
        let wanted = unsafe { (*schema.children.add(place)).as_ref() }.ok_or(Fault::Malformed)?;
        // SAFETY: the caller's promise.
        if !column.kind()?.is_laid_out_as(unsafe { kind_of(wanted) }?) {
            return Err(Fault::Malformed);
        }
    }
    Ok(())
}

/// The array of a batch of these columns, `rows` of each. `Malformed` if one has other rows.
///
/// What the columns are called and what their values mean, the schema says that goes with it.
pub fn batch(columns: &[Export], rows: usize) -> Outcome<Array> {
    if columns.iter().any(|column| column.len() != rows) {
        return Err(Fault::Malformed);
    }
    let children: Vec<*mut Array> =
        columns.iter().map(|column| Box::into_raw(Box::new(column.array()))).collect();
    let mut lent = Box::new(Lent { children, buffers: [ptr::null()] });
    let mut array = Array::released();
    array.length = i64::try_from(rows).map_err(|_| Fault::TooBig)?;
    array.n_buffers = 1;
    array.n_children = i64::try_from(columns.len()).map_err(|_| Fault::TooBig)?;
    array.buffers = lent.buffers.as_mut_ptr();
    array.children = lent.children.as_mut_ptr();
    array.private_data = Box::into_raw(lent).cast();
    array.release = Some(release);
    Ok(array)
}

/// What a batch that was handed out keeps alive.
struct Lent {
    children: Vec<*mut Array>,
    /// A batch has no null.
    buffers: [*const c_void; 1],
}

impl Drop for Lent {
    fn drop(&mut self) {
        for &child in &self.children {
            // SAFETY: each is a box that was let go in `batch`; one that was moved out is marked as
            // released, and dropping it does nothing else.
            drop(unsafe { Box::from_raw(child) });
        }
    }
}

unsafe extern "C" fn release(array: *mut Array) {
    // SAFETY: called by the holder, once, on an array of `batch`, whose private data is the box that
    // was let go there.
    unsafe {
        let lent = (*array).private_data.cast::<Lent>();
        (*array).private_data = ptr::null_mut();
        (*array).release = None;
        drop(Box::from_raw(lent));
    }
}
