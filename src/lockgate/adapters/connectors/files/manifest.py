"""``_manifest.json`` of a run folder: what was written, and how to read it back.

Its name, and the contract's beside it, begin with an underscore: tools that read a folder as one
dataset leave such files out.

    {"format": "lockgate.run-folder/2", "run": "…", "plan": "…", "sink": "…",
     "data": "csv", "csv": {"formulas": "neutralised", "delimiter": ","},
     "files": [{"name": "part-00000.csv", "size": 1, "rows": 1, "digest": "…"}]}

``digest`` is keyed (run.digests), hex: nobody without the key can tell from it
whether a file holds a guessed value.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lockgate.adapters.connectors.files.folders import Folder
from lockgate.errors import IntegrityError, PathRefused, Position
from lockgate.run.digests import same_digest
from lockgate.run.ports import StagedFile

MANIFEST_NAME = "_manifest.json"
FORMAT = "lockgate.run-folder/2"
NEUTRALISED = "neutralised"
CONTRACT_NAME = "_contract.odcs.yaml"
CHECKPOINT_NAME = "_checkpoint"


def is_own_document(name: str) -> bool:
    """Whether a file of this name is a run folder's document, not data."""
    return name in (MANIFEST_NAME, CONTRACT_NAME, CHECKPOINT_NAME)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A run folder's contents. ``csv`` is empty for other formats."""

    run: str
    plan: str
    sink: str
    data: str
    csv: Mapping[str, str]
    files: tuple[StagedFile, ...]

    def to_json(self) -> bytes:
        """The document, UTF-8, ending in a newline."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "run": self.run,
            "plan": self.plan,
            "sink": self.sink,
            "data": self.data,
        }
        if self.csv:
            document["csv"] = dict(self.csv)
        document["files"] = [
            {"name": f.name, "size": f.size, "rows": f.rows, "digest": f.digest} for f in self.files
        ]
        return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def parse_manifest(content: bytes, shown: str) -> Manifest:
    """Read a manifest back. Raises IntegrityError if it is not one of ours."""
    with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return _parsed(json.loads(content))
    # Raised out here: the parser's own error holds the document and would be kept as context.
    raise IntegrityError("the run folder's manifest is not readable", where=Position(shown))


def _parsed(document: Any) -> Manifest:
    if document["format"] != FORMAT:
        raise ValueError
    return Manifest(
        _text(document["run"]),
        _text(document["plan"]),
        _text(document["sink"]),
        _text(document["data"]),
        {_text(key): _text(value) for key, value in document.get("csv", {}).items()},
        tuple(_file(item) for item in document["files"]),
    )


def read_manifest(folder: Folder, limit: int) -> Manifest | None:
    """The folder's manifest; None if it has none or it belongs to something else."""
    try:
        fd = folder.read(MANIFEST_NAME)
    except (OSError, PathRefused):
        return None
    with os.fdopen(fd, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        return None
    try:
        return parse_manifest(content, folder.shown)
    except IntegrityError:
        return None


def formulas_neutralised(manifest: Manifest | None, name: str, size: int, digest: str) -> bool:
    """Whether the file ``name`` beside this manifest was written with formulas neutralised.

    Anybody may lay a manifest beside a file; only who has the digest key can list
    its bytes: it counts if it lists the file with this size and keyed digest.
    """
    return (
        manifest is not None
        and manifest.csv.get("formulas") == NEUTRALISED
        and any(
            file.name == name and file.size == size and same_digest(file.digest, digest)
            for file in manifest.files
        )
    )


def _file(item: Mapping[str, Any]) -> StagedFile:
    return StagedFile(
        _text(item["name"]), int(item["size"]), int(item["rows"]), _text(item["digest"])
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
