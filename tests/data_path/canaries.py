"""Values planted to be looked for: nowhere, in any usual spelling, may they turn up again."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path


def spellings(canary: str) -> set[bytes]:
    """The text in the codes that a leak is likely to wear."""
    plain = canary.encode()
    found = {plain, plain.upper(), plain.lower(), plain[::-1]}
    found |= {plain.hex().encode(), plain.hex().upper().encode()}
    found |= {canary.encode("utf-16-le"), canary.encode("utf-16-be")}
    for code in (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode):
        step = 5 if code is base64.b32encode else 3
        for before in range(step):
            whole = code(b"\0" * before + plain).rstrip(b"=")
            # The signs at both ends mix with what stands around: only the middle is certain.
            found.add(whole[-(-before * 8 // (5 if step == 5 else 6)) : -1])
    return found


def sightings(canaries: list[str], haystacks: Mapping[str, bytes]) -> list[str]:
    """Where any of them turns up, but never the canary itself."""
    found = []
    for number, canary in enumerate(canaries):
        for needle in spellings(canary):
            found += [
                f"canary {number} in {where}" for where, hay in haystacks.items() if needle in hay
            ]
    return found


def files_below(folder: Path, but: Path) -> Iterator[tuple[str, bytes]]:
    """The name and bytes of every file that does not lie in ``but``."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and but not in path.parents:
            yield str(path.relative_to(folder)), path.read_bytes()
