"""What a project's owner may do with its keys: each asks for permission, and is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from lockgate.access.action import Action
from lockgate.access.resource import EVERY_KEY, key_domain
from lockgate.assemble.domains import other_normalisers
from lockgate.assemble.doomed_versions import destroying, doomed_versions
from lockgate.assemble.key_copies import KeyImport, export_keys
from lockgate.assemble.key_report import KeyReport
from lockgate.assemble.project_file import Project
from lockgate.assemble.rewrapping import RewrapRequest, rewrap_files
from lockgate.assemble.seam import guarded
from lockgate.errors import IntegrityError, KeyUnavailable, LockgateError, UsageError
from lockgate.keys.fernet_keys import parse_fernet_key
from lockgate.keys.lost_root import GivenUp, RootReplaced
from lockgate.keys.names import check_user_domain_name
from lockgate.keys.ports import Domain, KeyState, KeyUse, KeyVersion
from lockgate.keys.release import Covered
from lockgate.keys.restoring import Restored
from lockgate.keys.versions import Versions
from lockgate.ledger.key_history import KeyHistory, KeyUsage
from lockgate.run.context import RunContext
from lockgate.run.due_keys import destroy_due, rotate_due
from lockgate.run.rewrap import FileRewrap, Progress
from lockgate.secret import SecretBytes, SecretText

LOOKING = "looking after keys"
Moved = Callable[[int, int], None]
"""Told after each key that was moved: how many, of how many."""


@guarded
class ProjectKeys:
    """The keyring of an opened project, with the project's schedule and its ledger."""

    def __init__(self, project: Project, context: RunContext) -> None:
        self._project = project
        self._context = context
        self._versions = Versions(context.state.keys)

    def report(self) -> tuple[KeyReport, ...]:
        """Every key version, by number, with its use as the whole ledger tells it."""
        self._context.permit(Action.READ_KEYS, EVERY_KEY, LOOKING)
        history = KeyHistory.read(self._context.ledger.read())
        schedule = self._project.key_schedule
        return tuple(
            KeyReport(v, schedule.rotate_at(v), history.usage.get(v.number, KeyUsage()))
            for v in self._context.keys.versions()
        )

    def due(self) -> tuple[KeyVersion, ...]:
        """The versions whose rotation or destruction is due, without a look into the ledger."""
        self._look()
        now, schedule = self._context.now(), self._project.key_schedule
        return tuple(
            version
            for version in self._context.keys.versions()
            if KeyReport(version, schedule.rotate_at(version), KeyUsage()).is_due(now)
        )

    def check(self) -> None:
        """Hold the stored keys against the ledger. Raises IntegrityError.

        A destroyed key that is back, or one that is gone, was put there or taken by somebody else:
        by hand, or with an older backup of the state.
        """
        self._look()
        history = KeyHistory.read(self._context.ledger.read())
        versions, domains = self._context.keys.versions(), self._context.keys.domains()
        found = [*history.contradictions(versions), *other_normalisers(self._project, domains)]
        rowless = {version.domain for version in versions} - {domain.name for domain in domains}
        found += [f"key domain {name!r} is missing" for name in sorted(rowless)]
        if self._context.state.keys.last_number() < history.last_number():
            found.append("key numbers were set back")
        if found:
            raise IntegrityError(
                "the stored keys are not what the ledger says: " + "; ".join(found[:5]),
                hint="restore the state that belongs to this ledger; destroy what came back",
            )

    def require(self, domain: str) -> None:
        """Raises KeyUnavailable for an unknown key domain."""
        self._look()
        self._context.keys.versions(domain)

    def domains(self) -> tuple[Domain, ...]:
        """Every key domain."""
        self._look()
        return tuple(self._context.keys.domains())

    @property
    def service(self) -> str:
        """The key service that wraps keys now."""
        self._look()
        return self._context.keys.service_id

    def check_services(self) -> list[tuple[str, LockgateError | None]]:
        """Each key service that wraps or wrapped keys, and what is wrong with it now."""
        self._look()
        return self._context.keys.check_services()

    def _look(self) -> None:
        """Ask for what shows no key and no use of one; an allowance is not worth an entry."""
        self._context.gatekeeper.confirm(Action.READ_KEYS, EVERY_KEY, LOOKING)

    def rotate(self, domain: str, purpose: str) -> KeyVersion:
        """A new version of the domain's encryption key; older ciphertexts still open."""
        permit = self._context.permit(Action.ROTATE, key_domain(domain), purpose)
        with self._context.released(permit) as keyed:
            new = keyed.keys.life.rotate(domain, purpose)
        if new is None:
            raise KeyUnavailable(f"{domain!r} was not rotated")
        return new

    def import_fernet(
        self, domain: str, key: SecretText, purpose: str, *, writes: bool = False
    ) -> KeyVersion:
        """Take over a Fernet key from elsewhere: it opens, and with ``writes`` makes the tokens.

        Raises UsageError for what is no Fernet key or there already, KeyUnavailable.
        """
        check_user_domain_name(domain)
        permit = self._context.permit(Action.CREATE_KEY, key_domain(domain), purpose)
        parsed = parse_fernet_key(key)
        with self._context.released(
            permit, [Covered(domain, KeyUse.FERNET, (), opens=True)]
        ) as own:
            return own.keys.import_fernet(domain, parsed, purpose, writes=writes)

    def rotate_due(self, purpose: str) -> tuple[KeyVersion, ...]:
        """Rotate every domain whose encryption key is as old as the project lets it get."""
        self._look()
        due = self._project.key_schedule.due_to_rotate(
            self._context.keys.versions(), self._context.now()
        )
        permits = self._context.permit_all(
            Action.ROTATE, [key_domain(version.domain) for version in due], purpose
        )
        if not permits:
            return ()
        with self._context.released(permits) as keyed:
            return rotate_due(keyed, self._project.key_schedule, purpose)

    def doomed(
        self, domain: str, version: int | None, use: KeyUse = KeyUse.ENCRYPTION
    ) -> tuple[KeyVersion, ...]:
        """What a destruction would take: a version of the key of that use, or all of a domain.

        Raises UsageError for a primary key that was not rotated first, for what is destroyed or
        waits already, and for Lockgate's own domains; KeyUnavailable for an unknown one.
        """
        self._look()
        return doomed_versions(self._versions, domain, version, use)

    def schedule_destruction(
        self,
        domain: str,
        version: int | None,
        purpose: str,
        use: KeyUse = KeyUse.ENCRYPTION,
    ) -> tuple[KeyVersion, ...]:
        """Let a version, or with None all of a domain, wait for its destruction.

        From now on it opens nothing. Returns the versions as they are now, with ``destroy_at``.
        Raises IntegrityError where the clock is behind the ledger: the wait would be too short.
        """
        about = destroying("destroy", domain, version, use)
        permit = self._context.permit(Action.DESTROY_KEY, about, purpose)
        doomed = doomed_versions(self._versions, domain, version, use)
        now = self._context.now()
        latest = KeyHistory.read(self._context.ledger.read()).latest
        skew = timedelta(seconds=self._context.limits.clock_skew_seconds)
        if latest is not None and now + skew < latest:
            raise IntegrityError(
                f"the clock says {now:%Y-%m-%d %H:%M:%S}, and the ledger has an entry of"
                f" {latest:%Y-%m-%d %H:%M:%S} UTC",
                hint="set the clock; a wait that begins in the past would end too soon",
            )
        at = self._project.key_schedule.destroy_at(now)
        with self._context.released(permit) as keyed:
            return keyed.keys.life.schedule(doomed, at, purpose)

    def cancel_destruction(
        self,
        domain: str,
        version: int | None,
        purpose: str,
        use: KeyUse = KeyUse.ENCRYPTION,
    ) -> tuple[KeyVersion, ...]:
        """Take a destruction back that was not done yet, of one version or of all of a domain."""
        about = destroying("cancel", domain, version, use)
        permit = self._context.permit(Action.DESTROY_KEY, about, purpose)
        self._versions.domain(domain)
        waiting = [
            v
            for v in self._context.keys.versions(domain)
            if v.state is KeyState.PENDING_DESTRUCTION
            and (version is None or (v.use is use and v.version == version))
        ]
        if not waiting:
            raise UsageError(
                f"nothing of {domain!r} that was named waits to be destroyed",
                hint=f"lockgate keys list {domain}",
            )
        came_back = KeyHistory.read(self._context.ledger.read()).open_only
        with self._context.released(permit) as keyed:
            return keyed.keys.life.cancel(waiting, purpose, open_only=came_back)

    def destroy_due(self, purpose: str) -> tuple[KeyVersion, ...]:
        """Destroy every version whose waiting is over."""
        waited = [v for v in self.due() if v.state is KeyState.PENDING_DESTRUCTION]
        about = [destroying("destroy-due", v.domain, v.version, v.use) for v in waited]
        permits = self._context.permit_all(Action.DESTROY_KEY, about, purpose)
        if not permits:
            return ()
        with self._context.released(permits) as keyed:
            return destroy_due(keyed, purpose)

    def to_move(self, *, again: bool = False) -> Sequence[KeyVersion]:
        """The versions that another service wrapped; with ``again`` all that are not destroyed."""
        self._look()
        service = self._context.keys.service_id
        return [
            version
            for version in self._context.keys.versions()
            if version.state is not KeyState.DESTROYED and (again or version.service != service)
        ]

    def move(self, purpose: str, *, again: bool = False, moved: Moved | None = None) -> int:
        """Wrap every key under the present key service; how many were.

        Each is a step of its own that is done or not, so a move that was interrupted goes on where
        it stopped. With ``again`` also those that it wrapped itself, for the newest version of the
        service's own key. Raises KeyUnavailable.
        """
        permit = self._context.permit(Action.MOVE_KEYS, EVERY_KEY, purpose)
        versions = self.to_move(again=again)
        with self._context.released(permit) as keyed:
            for count, version in enumerate(versions, 1):
                keyed.keys.life.move(version, purpose)
                if moved is not None:
                    moved(count, len(versions))
        return len(versions)

    def rewrap(
        self, request: RewrapRequest, progress: Progress | None = None
    ) -> Iterator[FileRewrap]:
        """Bring released ciphertexts under the primary keys, file by file as they are asked for.

        Raises what ``rewrapping.rewrap_files`` raises.
        """
        return rewrap_files(self._project, self._context, request, progress)

    def export(self, path: Path, passphrase: SecretBytes, purpose: str) -> tuple[int, ...]:
        """Write every key that is not destroyed into a new private file, sealed by a passphrase.

        Recorded before the file has its content. Returns the key numbers in it. Raises UsageError
        for a passphrase of fewer than 12 bytes, EnvironmentFailed if the file exists.
        """
        return export_keys(self._project, self._context, path, passphrase, purpose)

    def restore(
        self, path: Path, passphrase: SecretBytes, purpose: str, *, unsafe_resurrect: bool = False
    ) -> Restored:
        """Add the keys that are missing here from a sealed copy of this project's keys.

        Raises KeyUnavailable, one error for every copy that does not open, and UsageError where
        the copy contradicts the keyring.
        """
        return KeyImport(
            self._project, self._context, path, passphrase, purpose, unsafe_resurrect
        ).restore()

    def replace_lost_root(
        self,
        path: Path,
        passphrase: SecretBytes,
        purpose: str,
        agree: Callable[[GivenUp], None],
        *,
        unsafe_resurrect: bool = False,
    ) -> tuple[RootReplaced, Restored]:
        """Wrap keys that a lost root key wrapped anew, from a sealed copy; then as ``restore``.

        What the copy lacks is destroyed: ``agree`` is called with it first. The workspace was
        told that the root key is lost (``Workspace.make_root``).
        """
        work = KeyImport(self._project, self._context, path, passphrase, purpose, unsafe_resurrect)
        done = work.replace_root(agree), work.restore()
        for _, error in self._context.keys.check_services():  # a new root key is there by now
            if error is not None:
                raise error
        return done
