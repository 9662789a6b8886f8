"""C2SP tlog-checkpoints: a tree's origin, size and root, signed by the ledger's key.

Source: https://c2sp.org/tlog-checkpoint. The body is three lines: origin, size
in decimal, root in base64; the signature's key name is the origin. Lockgate
writes no extension lines and refuses any.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from lockgate.ledger.merkle import HASH_BYTES
from lockgate.ledger.ports import Signer
from lockgate.ledger.signed_note import MALFORMED, NoteRefused, VerifierKey, open_note, sign_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def ledger_origin(project: str) -> str:
    """The origin of a project's ledger: ``lockgate/<project>/ledger``."""
    return f"lockgate/{project}/ledger"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed: the tree of ``size`` leaves has this 32-byte ``root``."""

    origin: str
    size: int
    root: bytes


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The checkpoint as a signed note."""
    root = base64.b64encode(checkpoint.root).decode("ascii")
    body = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"
    return sign_note(body, checkpoint.origin, signer)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint in ``note`` once signature and origin are right. Raises NoteRefused."""
    checkpoint = parse_checkpoint(open_note(note, key))
    if checkpoint.origin != key.name:
        raise NoteRefused(WRONG_ORIGIN)
    return checkpoint


WRONG_ORIGIN = "another ledger's"


def parse_checkpoint(body: str) -> Checkpoint:
    """A checkpoint's body, unverified. Raises NoteRefused."""
    lines = body.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NoteRefused(MALFORMED)
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused(MALFORMED) from None
    if len(root) != HASH_BYTES or base64.b64encode(root).decode("ascii") != lines[2]:
        raise NoteRefused(MALFORMED)
    return Checkpoint(lines[0], int(lines[1]), root)
