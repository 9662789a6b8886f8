"""Whose tokens the project trusts, ready to verify them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lockgate.access.ports import TokenVerifier
from lockgate.access.principal import Principal
from lockgate.access.settings import ProviderSpec
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.assemble.identity_clients import provider_http
from lockgate.assemble.kept_log_ins import BUILT_IN
from lockgate.assemble.local_identities import issuer_name, open_local_verifier
from lockgate.assemble.project_file import Project
from lockgate.run.record import Record
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
    from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier


@dataclass(frozen=True, slots=True)
class Verifiers:
    """One for each issuer by its name in the project, and one that chooses among them.

    Keep them: each fetches its provider's keys when they are first needed, and holds them for
    ``key_set_seconds``. Any thread may use them.
    """

    by_name: Mapping[str, TokenVerifier]
    any_of_them: TokenVerifier

    def of(self, name: str, token: SecretText, at: datetime) -> Principal:
        """Who the token stands for at that provider, if it stands for nobody at another.

        What the caller says narrows, and never decides between two. Raises AuthenticationFailed.
        """
        if name == BUILT_IN:
            return self.by_name[name].verify(token, at)
        principal = self.any_of_them.verify(token, at)
        if not principal.id.startswith(f"{name}/"):
            raise refused(TokenFault.ISSUER)
        return principal


def open_verifiers(project: Project, record: Record) -> Verifiers:
    """Verify tokens of the project's providers and of its built-in issuer."""
    from lockgate.adapters.identity_providers.tokens.trusted import (
        ProviderVerifier,
        TrustedIssuers,
    )

    caches: dict[tuple[str, str], KeyCache] = {}
    issuers = {BUILT_IN: issuer_name(project)}
    by_name: dict[str, TokenVerifier] = {BUILT_IN: open_local_verifier(project, record)}
    for spec in project.access.providers.values():
        issuers[spec.name] = spec.issuer
        # One set of keys for one issuer: what one provider knows, another of it knows too.
        cache = caches.setdefault((spec.issuer, spec.ca_file), _keys(project, spec))
        by_name[spec.name] = ProviderVerifier(spec, cache)
    chooser = TrustedIssuers((issuers[name], one) for name, one in by_name.items())
    return Verifiers(by_name, chooser)


def open_verifier(project: Project, record: Record) -> TokenVerifier:
    """Verifies a token of any issuer that the project trusts. Keep it, as ``Verifiers`` says."""
    return open_verifiers(project, record).any_of_them


def provider_verifier(project: Project, spec: ProviderSpec) -> ProviderVerifier:
    """Verifies tokens of one provider, by its keys as they stand."""
    from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier

    return ProviderVerifier(spec, _keys(project, spec))


def _keys(project: Project, spec: ProviderSpec) -> KeyCache:
    from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache

    return KeyCache(spec.issuer, provider_http(project, spec).get)
