"""Joining what a key or a ciphertext is bound to, so that no two lists give the same bytes."""

from __future__ import annotations


def bind(*parts: str | bytes) -> bytes:
    """Length-prefixed list of ``parts`` (docs/reference/frame.md): count, then length, bytes each.

    Counts and lengths are 32-bit big-endian; text is UTF-8.
    """
    raw = [part.encode() if isinstance(part, str) else bytes(part) for part in parts]
    listed = b"".join(len(part).to_bytes(4, "big") + part for part in raw)
    return len(raw).to_bytes(4, "big") + listed


def token_binding(domain: str) -> bytes:
    """Associated data of a token: it opens in its key domain only."""
    return bind("lockgate", "1", "token", domain)


def fpe_tweak(domain: str) -> bytes:
    """FF1's tweak: the same text in another key domain becomes another one."""
    return bind("lockgate", "1", "fpe", domain)


def ciphertext_binding(contract_id: str, column_id: str) -> bytes:
    """Associated data of a ciphertext: it opens in its contract and column only."""
    return bind("lockgate", "1", "encrypt", contract_id, column_id)


def additional_data(associated: bytes, named: bytes, record: bytes | None = None) -> bytes:
    """What GCM authenticates beside a value: its place, how its frame begins, and its record.

    ``named`` is the frame's header and, under a subject's key, the subject's handle.
    """
    return bind(associated, named) if record is None else bind(associated, named, record)
