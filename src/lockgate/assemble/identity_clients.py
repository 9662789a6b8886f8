"""A provider of the project as a client that can be asked for tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.access.settings import ProviderSpec
from lockgate.assemble.project_file import Project
from lockgate.assemble.resources import now
from lockgate.errors import ConfigurationError
from lockgate.secret import SecretText
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.oidc.discovery import ProviderMetadata
    from lockgate.adapters.identity_providers.oidc.grants import Client
    from lockgate.adapters.identity_providers.oidc.http import ProviderHttp


def named_provider(project: Project, name: str) -> ProviderSpec:
    """The provider of that name. Raises ConfigurationError."""
    found = project.access.providers.get(name)
    if found is None:
        known = ", ".join(sorted(project.access.providers)) or "none"
        raise ConfigurationError(
            "the project names no such provider", hint=f"access.providers has: {known}"
        )
    return found


def provider_http(project: Project, spec: ProviderSpec) -> ProviderHttp:
    """Requests to the provider, with its own certificate authority if it has one."""
    from lockgate.adapters.identity_providers.oidc.http import ProviderHttp

    return ProviderHttp(spec.name, _file(project, spec.ca_file))


def open_client(project: Project, spec: ProviderSpec, secrets: Secrets) -> Client:
    """Read the provider's description, and be its client. Raises EnvironmentFailed."""
    from lockgate.adapters.identity_providers.oidc.discovery import discover
    from lockgate.adapters.identity_providers.oidc.grants import Client

    http = provider_http(project, spec)
    metadata = discover(http.get, spec.issuer, http.service)
    secret: Callable[[], SecretText] | None = None
    if spec.client_secret:
        secret = lambda: secrets.resolve(spec.client_secret)  # noqa: E731 - read when used
    return Client(spec, metadata, http, secret, _assertion(spec, secrets))


def _assertion(
    spec: ProviderSpec, secrets: Secrets
) -> Callable[[ProviderMetadata], SecretText] | None:
    if not spec.private_key:
        return None

    def sign(metadata: ProviderMetadata) -> SecretText:
        from lockgate.adapters.identity_providers.tokens.client_assertion import client_assertion

        return client_assertion(
            secrets.resolve(spec.private_key),
            spec.key_id,
            spec.client_id,
            metadata.issuer,  # and no other audience, as the revision of RFC 7523 has it
            now(),
            metadata.assertion_algorithms,
        )

    return sign


def _file(project: Project, text: str) -> Path | None:
    return project.folder / text if text else None
