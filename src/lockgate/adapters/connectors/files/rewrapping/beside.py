"""A run folder's documents while one of its files is replaced."""

from __future__ import annotations

import os
from dataclasses import replace

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.manifest import MANIFEST_NAME, Manifest, read_manifest
from lockgate.adapters.connectors.files.rewrapping.successor import successor_name
from lockgate.errors import IntegrityError, Position
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.digests import KeyedDigest, same_digest
from lockgate.run.ports import StagedFile


def listed(manifest: Manifest | None, found: StagedFile, shown: str) -> StagedFile:
    """The file as its manifest lists it; as ``found``, if there is no manifest.

    Raises IntegrityError if the manifest lists other bytes.
    """
    if manifest is None:
        return found
    for file in manifest.files:
        if file.name == found.name and same_file(file, found):
            return file
    raise IntegrityError(
        "the file is not the one that the manifest beside it lists",
        where=Position(shown),
        hint="it was changed after its release: restore it, or release it again",
    )


def same_file(one: StagedFile, other: StagedFile) -> bool:
    """Whether two records are of the same bytes."""
    return one.size == other.size and same_digest(one.digest, other.digest)


def with_both(manifest: Manifest, old: StagedFile, new: StagedFile) -> Manifest:
    """Before the file is replaced: whichever bytes are there, the manifest lists them."""
    others = [file for file in manifest.files if not same_file(file, new) or file.name != new.name]
    at = next((i for i, file in enumerate(others) if file.name == old.name), len(others))
    return replace(manifest, files=(*others[: at + 1], new, *others[at + 1 :]))


def with_new(manifest: Manifest, new: StagedFile) -> Manifest:
    """After the file was replaced."""
    at = next((i for i, f in enumerate(manifest.files) if f.name == new.name), len(manifest.files))
    others = [file for file in manifest.files if file.name != new.name]
    return replace(manifest, files=(*others[:at], new, *others[at:]))


def manifest_of(folder: Folder, limits: Limits) -> Manifest | None:
    """The folder's manifest, if it has one of ours."""
    return read_manifest(folder, limits.config_bytes)


def write_manifest(folder: Folder, manifest: Manifest) -> None:
    """Replace the folder's manifest, durably. Raises EnvironmentFailed."""
    write_document(folder, MANIFEST_NAME, manifest.to_json())


def write_document(folder: Folder, name: str, content: bytes) -> None:
    """Replace a document of the folder, durably, its mode kept. Raises EnvironmentFailed."""
    hidden = successor_name(name)
    try:
        stage_document(folder, name, content)
        folder.replace(hidden, name)
        folder.sync()
    except OSError as error:
        raise environment_failed(error, "writing", f"{folder.shown}/{name}") from None


def stage_document(folder: Folder, name: str, content: bytes) -> None:
    """Write what is to take the document's place, durably, hidden beside it. Raises OSError."""
    hidden = successor_name(name)
    if hidden in folder.names():
        folder.remove(hidden)
    old = folder.read(name)
    try:
        mode = os.fstat(old).st_mode & 0o7777
    finally:
        os.close(old)
    with os.fdopen(folder.create(hidden), "wb") as file:
        file.write(content)
        file.flush()
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def read_listed(folder: Folder, name: str, digest_key: bytes, limits: Limits) -> bytes | None:
    """A document of the folder as its manifest lists it; None if there is none.

    Raises IntegrityError if the manifest lists other bytes, PathRefused for a link.
    """
    content = read_beside(folder, name, limits)
    if content is not None:
        shown = f"{folder.shown}/{name}"
        listed(manifest_of(folder, limits), staged(name, content, digest_key), shown)
    return content


def read_beside(folder: Folder, name: str, limits: Limits) -> bytes | None:
    """A document of the folder, whoever wrote it; None if there is none.

    Raises PathRefused for a link, EnvironmentFailed.
    """
    try:
        fd = folder.read(name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise environment_failed(error, "reading", f"{folder.shown}/{name}") from None
    with os.fdopen(fd, "rb") as file:
        return file.read(limits.config_bytes + 1)


def staged(name: str, content: bytes, digest_key: bytes) -> StagedFile:
    """A document's record."""
    digest = KeyedDigest(digest_key)
    digest.update(content)
    return StagedFile(name, len(content), 0, digest.hexdigest())


def replace_listed(folder: Folder, old: StagedFile, new: StagedFile, content: bytes) -> None:
    """Replace a document; the manifest lists both until it is the new one. EnvironmentFailed."""
    limits = DEFAULT_LIMITS
    manifest = manifest_of(folder, limits)
    if manifest is not None:
        write_manifest(folder, with_both(manifest, old, new))
    write_document(folder, new.name, content)
    if manifest is not None:
        write_manifest(folder, with_new(manifest, new))


def settle(folder: Folder, present: StagedFile, limits: Limits) -> None:
    """Leave one line for a file in the manifest, where a crash left two. EnvironmentFailed."""
    manifest = manifest_of(folder, limits)
    if manifest is not None and sum(file.name == present.name for file in manifest.files) > 1:
        write_manifest(folder, with_new(manifest, present))
