"""C2SP signed notes with Ed25519: text, an empty line, one signature line.

Source: https://c2sp.org/signed-note (signature type 0x01, Ed25519, RFC 8032).
A key is known by its name and a key id, the first four bytes of
SHA-256(name || 0x0A || 0x01 || public key).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lockgate.ledger.ports import Signer

_ED25519 = b"\x01"
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = 64
MAX_NOTE_BYTES = 16 << 10


class NoteRefused(ValueError):
    """A note is malformed, or not signed by the key asked for. ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


MALFORMED = "malformed"
WRONG_KEY = "wrong key"
BAD_SIGNATURE = "bad signature"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who a signature must be from: a key name and a 32-byte Ed25519 public key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(char.isspace() for char in self.name):
            raise ValueError("a key name has neither white space nor a plus sign")
        if len(self.public_key) != 32:
            raise ValueError("an Ed25519 public key has 32 bytes")

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart. Not a proof of anything."""
        hashed = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return sha256(hashed).digest()[:_KEY_ID_BYTES]


def sign_note(text: str, name: str, signer: Signer) -> str:
    """``text`` (which ends with a newline) with one signature line behind it."""
    if not text.endswith("\n"):
        raise ValueError("a note's text ends with a newline")
    key = VerifierKey(name, signer.public_key)
    signature = base64.b64encode(key.id + signer.sign(text.encode())).decode("ascii")
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """The text of ``note`` once ``key`` is seen to have signed it.

    Signatures by other keys are ignored, as the specification asks. Raises NoteRefused.
    """
    text, lines = _split(note)
    signed = [_signature(line) for line in lines]
    ours = [sig for name, key_id, sig in signed if name == key.name and key_id == key.id]
    if not ours:
        raise NoteRefused(WRONG_KEY)
    public = Ed25519PublicKey.from_public_bytes(key.public_key)
    try:
        for signature in ours:
            public.verify(signature, text.encode())
    except InvalidSignature:
        raise NoteRefused(BAD_SIGNATURE) from None
    return text


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > MAX_NOTE_BYTES or not note.endswith("\n"):
        raise NoteRefused(MALFORMED)
    if _CONTROL.search(note):
        raise NoteRefused(MALFORMED)
    body, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures:
        raise NoteRefused(MALFORMED)
    return body + "\n", signatures[:-1].split("\n")


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Key name, key id and signature of one signature line."""
    if not line.startswith(_DASH):
        raise NoteRefused(MALFORMED)
    name, space, encoded = line[len(_DASH) :].partition(" ")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused(MALFORMED) from None
    if not name or not space or len(raw) <= _KEY_ID_BYTES:
        raise NoteRefused(MALFORMED)
    return name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:]
