"""Sealed copies of a project's keys: written, and put back; permitted and recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lockgate.access.action import Action
from lockgate.access.permit import Permit
from lockgate.access.resource import EVERY_KEY, key_domain
from lockgate.adapters.key_services.sealed_copy import copy_bytes, open_copy, seal_copy
from lockgate.adapters.private_files import create_private, exists, fill_private
from lockgate.assemble.project_file import Project
from lockgate.errors import EnvironmentFailed
from lockgate.keys.copies import KeyCopy, take_copy
from lockgate.keys.lost_root import GivenUp, RootReplaced, replace_root
from lockgate.keys.ports import KeyVersion
from lockgate.keys.renewing import renew_own
from lockgate.keys.restoring import Restored, restore
from lockgate.ledger.key_events import ImportedKey, KeysExported, KeysImported
from lockgate.ledger.key_history import KeyHistory
from lockgate.run.context import RunContext
from lockgate.secret import SecretBytes

LACKING = "what the copy lacks"


def export_keys(
    project: Project, context: RunContext, path: Path, passphrase: SecretBytes, purpose: str
) -> tuple[int, ...]:
    """Write a sealed copy; the key numbers in it. See ``ProjectKeys.export``."""
    permit = context.permit(Action.EXPORT_KEYS, EVERY_KEY, purpose)
    if exists(path):
        raise EnvironmentFailed("the file is there already", hint="choose another name")
    came_back = KeyHistory.read(context.ledger.read()).open_only
    with context.released(permit) as keyed:
        copy = take_copy(keyed.keys.whole, came_back)
    sealed = seal_copy(copy, project.name, passphrase)
    exported = KeysExported(copy_id=copy.copy_id, key_numbers=copy.numbers, **context.by(purpose))
    create_private(path, bytes(len(sealed)))  # where no file can be, no copy is recorded
    try:
        with context.state.transaction():
            context.ledger.append(exported)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    fill_private(path, sealed)
    return copy.numbers


@dataclass(frozen=True)
class KeyImport:
    """One sealed copy on its way in. It is opened once, after permission was given."""

    project: Project
    context: RunContext
    path: Path
    passphrase: SecretBytes
    purpose: str
    unsafe_resurrect: bool = False

    @cached_property
    def permit(self) -> Permit:
        """What was decided, once. Destroyed keys come back from the very file that was approved.

        Raises AuthorisationDenied, and EnvironmentFailed for a file that is not private.
        """
        if not self.unsafe_resurrect:
            return self.context.permit(Action.IMPORT_KEYS, EVERY_KEY, self.purpose)
        digest = hashlib.sha256(self._sealed).hexdigest()
        about = key_domain(EVERY_KEY.name, f"copy {digest}")
        return self.context.permit(Action.RESURRECT_KEYS, about, self.purpose)

    @cached_property
    def _sealed(self) -> bytes:
        """Read once: what was decided on is what is opened."""
        return copy_bytes(self.path)

    @cached_property
    def copy(self) -> KeyCopy:
        """The copy. Raises AuthorisationDenied, KeyUnavailable, EnvironmentFailed."""
        with self.context.released(self.permit):
            return open_copy(self._sealed, self.project.name, self.passphrase)

    def replace_root(self, agree: Callable[[GivenUp], None]) -> RootReplaced:
        """Wrap what a lost root key wrapped. See ``ProjectKeys.replace_lost_root``."""
        copy = self.copy
        lacking = key_domain(LACKING, f"copy {copy.copy_id}")
        destroying = self.context.permit(Action.DESTROY_KEY, lacking, self.purpose)
        with self.context.released(destroying) as keyed:
            return replace_root(
                keyed.keys.whole,
                copy,
                self.purpose,
                agree,
                unsafe_resurrect=self.unsafe_resurrect,
            )

    def restore(self) -> Restored:
        """Add what is missing. See ``ProjectKeys.restore``.

        Lockgate's own domains get new keys where theirs are gone, and subjects whose salts cannot
        be opened any more get new ones when they are next met: the project can run again.
        """
        copy, now = self.copy, self.context.now()
        with self.context.released(self.permit) as keyed:
            keyring = keyed.keys.whole
            done = restore(keyring, copy, self._record, unsafe_resurrect=self.unsafe_resurrect)
            renew_own(keyring, self.purpose, now)
            keyed.subject_salts().forget_lost(now)
        return done

    def _record(self, done: Restored) -> None:
        imported = KeysImported(
            copy_id=self.copy.copy_id,
            key_numbers=done.numbers,
            resurrected=done.resurrected,
            spared=done.spared,
            open_only=done.open_only,
            keys=tuple(_listed(version) for version in done.versions),
            **self.context.by(self.purpose),
        )
        self.context.ledger.append(imported)


def _listed(version: KeyVersion) -> ImportedKey:
    return ImportedKey(
        number=version.number,
        domain=version.domain,
        use=version.use.value,
        version=version.version,
        state=version.state.value,
        created_at=version.created_at,
    )
