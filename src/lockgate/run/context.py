"""What a run stands on: state, ledger, keys, kernel, who acts and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lockgate.access.action import Action
from lockgate.access.decision import Decision
from lockgate.access.gatekeeper import Gatekeeper
from lockgate.access.permit import Permit, permitted
from lockgate.access.principal import Principal
from lockgate.access.resource import Resource
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys import names
from lockgate.keys.ports import Domain, KeyState, KeyUse
from lockgate.keys.release import Covered
from lockgate.keys.released import ReleasedKeys
from lockgate.ledger.ledger import Ledger
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.policy.reveal_rules import RevealRules, shipped_reveal_rules
from lockgate.run.key_release import release_for
from lockgate.run.state_ports import StateStore
from lockgate.run.subject_salts import SubjectSalts

DIGESTS = Domain(names.DIGESTS, Normaliser.EXACT)


@dataclass(frozen=True, slots=True)
class RunContext:
    """Handed to everything in this package; owned and closed by ``assemble``.

    ``home`` is the project's private folder (0700): sealed files live below it.
    ``render`` turns a document into the bytes of a YAML file. ``reveal_rules`` bound what may be
    turned back; ``require_approved_reveals`` raises where two persons answer for them and have not.
    ``gatekeeper`` is what every guarded action asks first; ``keys`` are those that a
    decision released: none, until ``released``. ``digests`` is the version of the key of content
    digests that a folder's files are listed under: the present one if None.
    """

    home: Path
    state: StateStore
    ledger: Ledger
    keys: ReleasedKeys
    kernel: Kernel
    gatekeeper: Gatekeeper
    now: Callable[[], datetime]
    render: Callable[[Mapping[str, Any]], bytes]
    limits: Limits = field(default=DEFAULT_LIMITS)
    reveal_rules: RevealRules = field(default_factory=shipped_reveal_rules)
    require_approved_reveals: Callable[[], None] = lambda: None
    digests: int | None = None

    def digest_key(self) -> bytes:
        """The key of content digests: equal bytes give equal digests in this project only."""
        self.keys.ensure_domain(DIGESTS)
        derived = self.keys.derive(DIGESTS.name, KeyUse.INDEX, ("file",), 32, self.digests)
        return derived.key.reveal()

    def under_digests(self, number: int | None) -> RunContext:
        """This context with that version's key of content digests; the present one's if None."""
        return replace(self, digests=number)

    def digest_versions(self) -> Iterator[int]:
        """Every version of that key that opens: what was listed under an older one is ours."""
        self.keys.ensure_domain(DIGESTS)
        for version in reversed(self.keys.versions(DIGESTS.name)):
            living = version.state in (KeyState.PRIMARY, KeyState.DECRYPT_ONLY)
            if version.use is KeyUse.INDEX and living:
                yield version.number

    def subject_salts(self) -> SubjectSalts:
        """The salts of the project's subjects; their sealing key is made when first asked for."""
        return SubjectSalts(self.state.salts, self.kernel, self.keys, self.now)

    def sealed_path(self, kind: str, run_id: str) -> Path:
        """Where a run's quarantine or subject manifest lives."""
        folder = self.home / kind
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{run_id}.sealed"

    @property
    def principal(self) -> Principal:
        """Who acts now: whose session this is, else whoever opened the project."""
        return self.gatekeeper.principal

    def permit(self, action: Action, resource: Resource, purpose: str) -> Permit:
        """Ask whether the principal may; recorded either way. Ask before a transaction begins.

        Raises AuthorisationDenied, AuthenticationFailed.
        """
        decision = self.gatekeeper.permit(action, resource, purpose)
        return self._permit_of(decision, action, resource, purpose)

    def permit_all(
        self, action: Action, resources: Sequence[Resource], purpose: str
    ) -> tuple[Permit, ...]:
        """The same of several at once: all of them, or none. Each is asked once."""
        asked = tuple(dict.fromkeys(resources))
        decisions = self.gatekeeper.permit_all(action, asked, purpose)
        return tuple(
            self._permit_of(decision, action, resource, purpose)
            for decision, resource in zip(decisions, asked, strict=True)
        )

    def _permit_of(
        self, decision: Decision, action: Action, resource: Resource, purpose: str
    ) -> Permit:
        return permitted(decision, self.principal.id, action, resource, purpose, self.now())

    @contextmanager
    def released(
        self, permits: Permit | Iterable[Permit], covered: Iterable[Covered] = ()
    ) -> Iterator[RunContext]:
        """This context with the keys that ``permits`` release, forgotten when the block ends.

        ``run.key_table`` says which they are. Raises KeyUnavailable for more than the action may
        have, and without a permit.
        """
        asked = (permits,) if isinstance(permits, Permit) else tuple(permits)
        keys = self.keys.under(release_for(asked, covered, self.limits), self.now)
        try:
            yield replace(self, keys=keys)
        finally:
            keys.close()

    def by(self, purpose: str) -> dict[str, Any]:
        """The fields every event has."""
        return {"at": self.now(), "principal": self.principal.id, "purpose": purpose}
