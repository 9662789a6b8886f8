"""Nanoseconds a value of each kernel function, on one thread."""
