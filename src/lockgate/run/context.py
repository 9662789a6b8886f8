"""What a run stands on: state, ledger, keys, kernel, who acts and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lockgate.access.action import Action
from lockgate.access.decide import authorise
from lockgate.access.principal import Principal
from lockgate.errors import AuthorisationDenied
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyUse
from lockgate.ledger.access_events import AccessDenied
from lockgate.ledger.ledger import Ledger
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.policy.reveal_rules import RevealRules, shipped_reveal_rules
from lockgate.run.state_ports import StateStore
from lockgate.run.subject_salts import SubjectSalts

DIGESTS = Domain("lockgate.digests", Normaliser.EXACT)


@dataclass(frozen=True, slots=True)
class RunContext:
    """Handed to everything in this package; owned and closed by ``assemble``.

    ``home`` is the project's private folder (0700): sealed files live below it.
    ``render`` turns a document into the bytes of a YAML file. ``reveal_rules`` bound what may be
    turned back.
    """

    home: Path
    state: StateStore
    ledger: Ledger
    keyring: Keyring
    kernel: Kernel
    principal: Principal
    now: Callable[[], datetime]
    render: Callable[[Mapping[str, Any]], bytes]
    limits: Limits = field(default=DEFAULT_LIMITS)
    reveal_rules: RevealRules = field(default_factory=shipped_reveal_rules)

    def digest_key(self) -> bytes:
        """The key of content digests: equal bytes give equal digests in this project only."""
        self.keyring.ensure_domain(DIGESTS)
        derived = self.keyring.derive(DIGESTS.name, KeyUse.INDEX, ("file",), 32)
        return derived.key.reveal()

    def subject_salts(self) -> SubjectSalts:
        """The salts of the project's subjects; their sealing key is made when first asked for."""
        return SubjectSalts(self.state.salts, self.kernel, self.keyring, self.now)

    def sealed_path(self, kind: str, run_id: str) -> Path:
        """Where a run's quarantine or subject manifest lives."""
        folder = self.home / kind
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f"{run_id}.sealed"

    def permit(self, action: Action, resource: str, purpose: str) -> None:
        """Ask whether the principal may; a denial is recorded before it is raised.

        Raises AuthorisationDenied.
        """
        try:
            authorise(self.principal, action, resource, purpose, folder=self.home)
        except AuthorisationDenied:
            denied = AccessDenied(
                action=str(action), resource=resource, **self.by(purpose.strip() or "none given")
            )
            with self.state.transaction():
                self.ledger.append(denied)
            raise

    def by(self, purpose: str) -> dict[str, Any]:
        """The fields every event has."""
        return {"at": self.now(), "principal": self.principal.id, "purpose": purpose}
