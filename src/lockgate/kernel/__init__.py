"""Columnar loops over values. ``portable`` is the readable reference; a native one gives the same bytes."""
