"""Whose tokens a project takes: its own issuer's and those of the providers that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockgate.access.ports import TokenVerifier
from lockgate.access.settings import ProviderSpec
from lockgate.assemble.identity_clients import provider_http
from lockgate.assemble.local_identities import open_local_verifier
from lockgate.assemble.local_issuer import issuer_name
from lockgate.assemble.project_file import Project
from lockgate.run.record import Record

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier


def open_verifier(project: Project, record: Record) -> TokenVerifier:
    """Verifies tokens of every issuer that the project trusts; asks none before a token comes.

    Keep it: it holds the issuers' keys for as long as they may be used.
    """
    from lockgate.adapters.identity_providers.tokens.trusted import TrustedIssuers

    providers = project.access.providers.values()
    return TrustedIssuers(
        [
            (issuer_name(project), open_local_verifier(project, record)),
            *((spec.issuer, provider_verifier(project, spec)) for spec in providers),
        ]
    )


def provider_verifier(project: Project, spec: ProviderSpec) -> ProviderVerifier:
    """Verifies tokens of one provider, and the ID token that answers a log-in there."""
    from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
    from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier

    return ProviderVerifier(spec, KeyCache(spec.issuer, provider_http(project, spec).get))
