//! The Python face of the kernel.
