"""Logging in at a provider of the project; every end of it stands in the ledger."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.assemble.identity_clients import named_provider, open_client
from lockgate.assemble.identity_records import Authentications, session_over
from lockgate.assemble.project_file import Project
from lockgate.assemble.sign_out import LoggedIn, keep_in_place
from lockgate.assemble.standing_token import Standing, standing_token
from lockgate.assemble.verifiers import provider_verifier
from lockgate.errors import (
    AuthenticationFailed,
    ConfigurationError,
)
from lockgate.run.record import Record
from lockgate.secret import SecretText
from lockgate.secrets.resolver import Secrets

if TYPE_CHECKING:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession
    from lockgate.adapters.identity_providers.oidc.device_flow import DevicePrompt
    from lockgate.adapters.identity_providers.oidc.grants import Client, TokenSet


@dataclass(frozen=True, slots=True)
class Screen:
    """What a person is shown while logging in: a page to open here, or a code to type anywhere."""

    page: Callable[[str], None]
    code: Callable[[DevicePrompt], None]


def sign_in(
    project: Project,
    record: Record,
    secrets: Secrets,
    name: str,
    screen: Screen,
    *,
    device: bool = False,
) -> LoggedIn:
    """Log in at the provider of that name, and keep the session; the one kept before is ended.

    People by a browser, or with ``device`` by a code; a service by its client's credentials. Every
    failure is recorded. Raises AuthenticationFailed, EnvironmentFailed, ConfigurationError.
    """
    spec = named_provider(project, name)
    if spec.kind is ProviderKind.WORKLOADS:
        raise ConfigurationError(
            f"{name} is for workloads: their platform gives the token, nobody logs in",
            where=spec.where,
            hint="token_file: where the platform puts it, or LOCKGATE_TOKEN_FILE",
        )
    kept = _begun(
        project,
        record,
        secrets,
        spec,
        lambda client: (
            _service(project, record, client)
            if spec.kind is ProviderKind.SERVICES
            else _person(project, record, client, screen, device)
        ),
    )
    return keep_in_place(project, record, secrets, kept)


def service_log_in(project: Project, record: Record, secrets: Secrets, name: str) -> KeptSession:
    """Log a service in for this process alone. Raises as ``sign_in``."""
    spec = named_provider(project, name)
    return _begun(project, record, secrets, spec, lambda client: _service(project, record, client))


def _begun(
    project: Project,
    record: Record,
    secrets: Secrets,
    spec: ProviderSpec,
    log_in: Callable[[Client], Standing],
) -> KeptSession:
    """A session that begins now, recorded; so is a log-in that fails."""
    record.require_no_transaction("a log-in")
    told = Authentications(record, spec.issuer)
    with told.failures():
        standing = log_in(open_client(project, spec, secrets))
    now = record.now()
    ends_at = now + timedelta(hours=project.access.local.session_hours)
    kept = _kept(standing, spec.name, randomness.token_hex(8), ends_at, now)
    principal = replace(standing.principal, session=kept.session)
    with record.state.transaction():
        told.succeeded(principal, "logged-in")
        told.started(principal, ends_at)
    return kept


def renewed(project: Project, record: Record, secrets: Secrets, kept: KeptSession) -> KeptSession:
    """A new token for a session that goes on. Raises AuthenticationFailed, EnvironmentFailed."""
    from lockgate.adapters.identity_providers.oidc.grants import refreshed

    record.require_no_transaction("a renewal")
    spec = named_provider(project, kept.provider)
    told = Authentications(record, spec.issuer)
    with told.failures(session=kept.session):
        if spec.kind is ProviderKind.SERVICES:
            standing = _service(project, record, open_client(project, spec, secrets))
        elif kept.refresh is None:
            raise session_over()
        else:
            client = open_client(project, spec, secrets)
            tokens = refreshed(client, kept.refresh)
            standing = standing_token(tokens, provider_verifier(project, spec), record.now())
            if standing.principal.id != kept.principal:  # OpenID Connect Core 1.0 section 12.2
                raise refused(TokenFault.SUBJECT)
        principal = replace(standing.principal, session=kept.session)
    told.succeeded(principal, "renewed")
    now = record.now()
    return _kept(standing, kept.provider, kept.session, kept.ends_at, now)


def _person(
    project: Project, record: Record, client: Client, screen: Screen, device: bool
) -> Standing:
    from lockgate.adapters.identity_providers.oidc.code_flow import log_in_by_browser, random_text
    from lockgate.adapters.identity_providers.oidc.device_flow import log_in_by_device

    nonce: SecretText | None = None
    if device:
        tokens = log_in_by_device(client, screen.code)
    else:
        nonce = random_text()
        tokens = log_in_by_browser(client, screen.page, nonce)
    if tokens.identity is None:
        raise AuthenticationFailed(
            f"the provider {client.spec.name} gave no ID token",
            hint="`openid` has to be among the scopes",
        )
    return standing_token(tokens, provider_verifier(project, client.spec), record.now(), nonce)


def _service(project: Project, record: Record, client: Client) -> Standing:
    from lockgate.adapters.identity_providers.oidc.grants import client_credentials

    if client.secret is None and client.assertion is None:
        raise ConfigurationError(
            f"access.providers.{client.spec.name} has no credential to log in with",
            where=client.spec.where,
            hint="client_secret: or private_key: with a reference to a secret",
        )
    tokens: TokenSet = client_credentials(client)
    return standing_token(tokens, provider_verifier(project, client.spec), record.now())


def _kept(
    standing: Standing, provider: str, session: str, ends_at: datetime, now: datetime
) -> KeptSession:
    from lockgate.adapters.identity_providers.kept_sessions import KeptSession

    expires_at = standing.principal.expires_at or now
    return KeptSession(
        provider,
        standing.principal.id,
        session,
        ends_at,
        standing.token,
        now,
        min(expires_at, ends_at),
        standing.refresh,
    )
