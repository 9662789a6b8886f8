"""Fakes and conformance suites for adapters."""
