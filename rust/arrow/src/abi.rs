//! The two structures of the C data interface.

use std::ffi::{c_char, c_void};
use std::ptr;

/// `struct ArrowSchema`. Whoever holds it releases it.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Schema {
    pub(crate) format: *const c_char,
    pub(crate) name: *const c_char,
    pub(crate) metadata: *const c_char,
    pub(crate) flags: i64,
    pub(crate) n_children: i64,
    pub(crate) children: *mut *mut Self,
    pub(crate) dictionary: *mut Self,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

/// `struct ArrowArray`. Whoever holds it releases it.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Array {
    pub(crate) length: i64,
    pub(crate) null_count: i64,
    pub(crate) offset: i64,
    pub(crate) n_buffers: i64,
    pub(crate) n_children: i64,
    pub(crate) buffers: *mut *const c_void,
    pub(crate) children: *mut *mut Self,
    pub(crate) dictionary: *mut Self,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

impl Schema {
    /// What a moved-from schema looks like: nothing, and nothing to release.
    #[must_use]
    pub const fn released() -> Self {
        Self {
            format: ptr::null(),
            name: ptr::null(),
            metadata: ptr::null(),
            flags: 0,
            n_children: 0,
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    /// Moves the schema out of the place it was handed over in.
    ///
    /// # Safety
    /// `place` points to a schema (released or not) that nobody else uses meanwhile.
    #[must_use]
    pub unsafe fn take(place: *mut Self) -> Self {
        // SAFETY: the caller's promise.
        unsafe { ptr::replace(place, Self::released()) }
    }
}

impl Array {
    /// What a moved-from array looks like: nothing, and nothing to release.
    #[must_use]
    pub const fn released() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    /// Moves the array out of the place it was handed over in.
    ///
    /// # Safety
    /// `place` points to an array (released or not) that nobody else uses meanwhile.
    #[must_use]
    pub unsafe fn take(place: *mut Self) -> Self {
        // SAFETY: the caller's promise.
        unsafe { ptr::replace(place, Self::released()) }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a callback that is set is to be called once, by the holder, on this structure;
            // it unsets itself.
            unsafe { release(self) }
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: as for a schema.
            unsafe { release(self) }
        }
    }
}

// SAFETY: the interface lets structures be moved between threads and released on any of them.
unsafe impl Send for Schema {}
// SAFETY: as above.
unsafe impl Send for Array {}
