//! What of the processor the ciphers use: they look for it themselves while they run.

use pyo3::prelude::*;

/// How AES is computed here: `vaes-512`, `vaes-256`, `aes-ni`, `armv8` or `software`.
///
/// The same order in which the `aes` crate chooses. Software is bit-sliced: no table that depends
/// on a key.
#[pyfunction]
pub fn aes() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("vaes") && has!("avx512f") {
            return "vaes-512";
        }
        if has!("vaes") {
            return "vaes-256";
        }
        if has!("aes") {
            return "aes-ni";
        }
    }
    #[cfg(target_arch = "aarch64")]
    if std::arch::is_aarch64_feature_detected!("aes") {
        return "armv8";
    }
    "software"
}
