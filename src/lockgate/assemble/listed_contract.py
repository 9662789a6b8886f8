"""Whether the contract beside a released file is the one that was released.

Only who has the digests' key can list a contract's bytes in a manifest. Without a manifest nobody
says so: then a column that some zone of the project binds to its rows has to be bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.manifest import CONTRACT_NAME, Manifest, read_manifest
from lockgate.adapters.connectors.files.paths import Below, Roots
from lockgate.adapters.connectors.files.rewrapping.beside import read_beside, same_file, staged
from lockgate.assemble.project_file import Project
from lockgate.errors import IntegrityError, Position
from lockgate.keys.names import DIGESTS
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.labels.label import LabelSet
from lockgate.protect.encrypt import Encrypt
from lockgate.run.context import RunContext
from lockgate.run.opening import Frames

Rows = Callable[[RunContext], Iterator[pa.RecordBatch]]


def binds(project: Project, labels: LabelSet) -> bool:
    """Whether any zone of the policy binds values of these labels to their record."""
    rules = [zone.rule_for(mark) for zone in project.policy.zones.values() for mark in labels]
    treatments = [line.rule for line in rules if line is not None]
    return any(isinstance(one, Encrypt) and bool(one.bind) for one in treatments)


def with_listed_contract(
    read: Rows, folder: Path, contract: bytes, columns: Sequence[Frames]
) -> Rows:
    """``read``, once the manifest in ``folder`` was found to list ``contract``.

    If it does, columns have to be bound where the contract says so, and nowhere else. Reading
    raises IntegrityError where a manifest lists another one.
    """

    def checked(context: RunContext) -> Iterator[pa.RecordBatch]:
        if _is_listed(context, folder, contract):
            for column in columns:
                column.must_bind = False
        yield from read(context)

    return checked


def digests_of(context: RunContext, folder: Folder) -> int | None:
    """Which version of the digests' key a run folder is listed under, as its contract shows.

    None where nothing shows it: then the present one has to do. Raises PathRefused.
    """
    manifest = read_manifest(folder, context.limits.config_bytes)
    contract = read_beside(folder, CONTRACT_NAME, context.limits)
    if manifest is None or contract is None:
        return None
    return _version(context, manifest, contract)


@contextmanager
def run_folder(path: Path) -> Iterator[Folder]:
    """A folder that somebody named, opened. Raises PathRefused, SourceError."""
    roots, place = Roots((path,), (), base=path), Below(str(path), (), str(path))
    with roots.open_folder(place, ()) as opened:
        yield opened


def _version(context: RunContext, manifest: Manifest, contract: bytes) -> int | None:
    """The version of the digests' key under which the manifest lists the contract."""
    listed = [file for file in manifest.files if file.name == CONTRACT_NAME]
    for number in context.digest_versions():
        found = staged(CONTRACT_NAME, contract, context.under_digests(number).digest_key())
        if any(same_file(file, found) for file in listed):
            return number
    return None


def _is_listed(context: RunContext, folder: Path, contract: bytes) -> bool:
    """False without a manifest, and where the key is gone that could tell. IntegrityError."""
    with run_folder(folder) as opened:
        manifest = read_manifest(opened, context.limits.config_bytes)
    if manifest is None:
        return False
    if _version(context, manifest, contract) is not None:
        return True
    if any(
        version.use is KeyUse.INDEX and version.state is KeyState.DESTROYED
        for version in context.keys.versions(DIGESTS)
    ):
        return False
    raise IntegrityError(
        "the contract is not the one that the manifest beside it lists",
        where=Position(f"{folder}/{CONTRACT_NAME}"),
        hint="it was changed after its release: restore it, or release the data again",
    )
