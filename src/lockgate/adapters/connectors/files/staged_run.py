"""A run folder from staging to visible: one rename, made durable, safe to repeat."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from lockgate.adapters.connectors.files.faults import environment_failed
from lockgate.adapters.connectors.files.folders import Folder, remove_tree
from lockgate.adapters.connectors.files.manifest import MANIFEST_NAME, read_manifest
from lockgate.adapters.connectors.files.pinned_file import pin
from lockgate.errors import ConfigurationError, IntegrityError, PathRefused, Position
from lockgate.limits import Limits
from lockgate.plan.released_batch import ReleasedBatch
from lockgate.run.ports import Prepared, StagedFile

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


def staging_name(run_id: str) -> str:
    """The folder a run is staged in, hidden from readers."""
    return f".staging-{_checked(run_id)}"


def published_name(run_id: str) -> str:
    """The folder a published run is found in."""
    return f"run-{_checked(run_id)}"


def _checked(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise ConfigurationError("a run id is letters, digits, '-', '_' and '.'")
    return run_id


class StagedRun:
    """A run that was staged before: it can be published or discarded, not written to."""

    def __init__(self, folder: Folder, run_id: str, digest_key: bytes, limits: Limits) -> None:
        self._folder = folder
        self._run_id = run_id
        self._key = digest_key
        self._limits = limits
        self._staging = staging_name(run_id)
        self._published = published_name(run_id)
        self._verified = False
        self._over: str = ""

    @property
    def lanes(self) -> int:
        """One, though nothing is written."""
        return 1

    @property
    def sealing(self) -> Mapping[str, str | int]:
        """Nothing is said of what is there already."""
        return {}

    def prepare(self, released: ReleasedBatch) -> Prepared:
        """Refused: what was staged is complete."""
        raise IntegrityError("a staged run takes no more rows")

    def write(self, prepared: Prepared) -> None:
        """Refused: what was staged is complete."""
        raise IntegrityError("a staged run takes no more rows")

    def stage(self, documents: dict[str, bytes]) -> Sequence[StagedFile]:
        """Refused: what was staged is complete."""
        raise IntegrityError("the run is staged already")

    def publish(self) -> None:
        """Rename the staged folder into place and fsync its parent. Idempotent.

        1. A run folder of this run that is there already is left as it is.
        2. Staging must hold a manifest of this run, and every listed file its bytes.
        3. Rename, then fsync of the parent folder.

        Raises IntegrityError if staging is missing, unfinished or altered,
        EnvironmentFailed if the system refuses.
        """
        if self._over:
            if self._over == "published":
                return
            raise self._broken("the run was discarded")
        try:
            staged = self._has(self._staging)
            if self._has(self._published):
                if staged:
                    raise self._broken("a run of this id is published and staged at once")
                self._end("published")
                return
            if not staged:
                raise self._broken("nothing is staged for this run")
            if not self._verified:
                self._verify()
            self._folder.rename(self._staging, self._published)
            self._folder.sync()
        except OSError as error:
            raise environment_failed(error, "publishing", self._folder.shown) from None
        self._end("published")

    def discard(self) -> None:
        """Remove the staging folder; what is gone already, or published, is left alone."""
        if self._over:
            return
        try:
            remove_tree(self._folder, self._staging)
            self._folder.sync()
        except OSError as error:
            raise environment_failed(error, "removing staged files", self._folder.shown) from None
        self._end("discarded")

    def _end(self, how: str) -> None:
        self._over = how
        self._folder.close()

    def _has(self, name: str) -> bool:
        try:
            self._folder.kind(name)
        except FileNotFoundError:
            return False
        return True

    def _verify(self) -> None:
        with self._folder.folder(self._staging) as staging:
            manifest = read_manifest(staging, self._limits.config_bytes)
            if manifest is None or manifest.run != self._run_id:
                raise self._broken("the staged run is not complete")
            names = {file.name for file in manifest.files} | {MANIFEST_NAME}
            if set(staging.names()) != names:
                raise self._broken("the staged files are not those of the manifest")
            for file in manifest.files:
                if _digest(staging, file.name, self._key) != (file.size, file.digest):
                    raise self._broken("a staged file is not what was written")
        self._verified = True

    def _broken(self, message: str) -> IntegrityError:
        return IntegrityError(
            message,
            where=Position(f"{self._folder.shown}/{self._staging}"),
            hint="discard the run and run again",
        )


def _digest(folder: Folder, name: str, key: bytes) -> tuple[int, str]:
    try:
        fd = folder.read(name)
    except PathRefused:
        return -1, ""
    try:
        pins = pin(fd, name, key)
    finally:
        os.close(fd)
    return pins.size, pins.digest
