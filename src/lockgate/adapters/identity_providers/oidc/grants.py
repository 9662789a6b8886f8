"""The token endpoint: what is asked with which grant, and what comes back (RFC 6749, RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockgate.access.settings import ProviderSpec
from lockgate.adapters.identity_providers.oidc.discovery import ProviderMetadata
from lockgate.adapters.identity_providers.oidc.http import Form, HttpAnswer, ProviderHttp
from lockgate.adapters.identity_providers.oidc.json_answer import (
    read_object,
    seconds_of,
    secret_of,
    text_of,
)
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.errors import AuthenticationFailed, ConfigurationError
from lockgate.secret import SecretText

_DEFAULT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a provider gave. ``lives`` are the seconds it says that its access token lives."""

    access: SecretText | None
    identity: SecretText | None
    refresh: SecretText | None
    lives: int


@dataclass(frozen=True, slots=True)
class RefusedByProvider(Exception):
    """The provider said no, in a code of its protocol (``slow_down``, ``invalid_grant``)."""

    code: str


@dataclass(frozen=True, slots=True)
class Client:
    """The project's client at one provider.

    ``secret`` and ``assertion`` read a credential when it is needed: a client secret, or a fresh
    assertion under the client's private key (RFC 7523).
    """

    spec: ProviderSpec
    metadata: ProviderMetadata
    http: ProviderHttp
    secret: Callable[[], SecretText] | None = None
    assertion: Callable[[ProviderMetadata], SecretText] | None = None

    @property
    def id(self) -> str:
        """The client's id. Raises ConfigurationError if the project names none."""
        if not self.spec.client_id:
            raise ConfigurationError(
                f"access.providers.{self.spec.name} has no client_id",
                where=self.spec.where,
                hint="client_id: as the provider shows it for the application",
            )
        return self.spec.client_id

    @property
    def resource(self) -> dict[str, str]:
        """Whom tokens are for (RFC 8707), where the audience is an address."""
        audience = self.spec.audience
        return {"resource": audience} if audience.startswith("https://") else {}

    def ask(self, address: str, form: Form) -> HttpAnswer:
        """Send a form, authenticated as this client."""
        given = {**form, "client_id": self.id}
        if self.assertion is not None:
            given["client_assertion"] = self.assertion(self.metadata)
            given["client_assertion_type"] = (
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            )
        elif self.secret is not None:
            if "client_secret_basic" in self.metadata.client_authentication:
                del given["client_id"]
                return self.http.post(address, given, (self.id, self.secret()))
            given["client_secret"] = self.secret()
        return self.http.post(address, given)

    def tokens(self, grant_type: str, form: Form) -> TokenSet:
        """Ask for tokens. Raises RefusedByProvider, RemoteFailed for an answer that is none."""
        answer = self.ask(self.metadata.token_endpoint, {"grant_type": grant_type, **form})
        found = read_object(answer.body, self.http.service)
        if answer.status != 200:
            raise RefusedByProvider(self.code_of(found))
        if text_of(found, "token_type", self.http.service, needed=True).lower() != "bearer":
            raise RemoteFailed(self.http.service, FaultKind.STRANGE)
        return TokenSet(
            secret_of(found, "access_token", self.http.service),
            secret_of(found, "id_token", self.http.service),
            secret_of(found, "refresh_token", self.http.service),
            seconds_of(found, "expires_in", self.http.service, _DEFAULT_SECONDS),
        )

    def code_of(self, found: Mapping[str, Any]) -> str:
        """The refusal's code, if it is one that is known; nothing else of it is repeated."""
        return known_code(found.get("error"))


_CODES = frozenset(
    """access_denied authorization_pending expired_token interaction_required invalid_client
    invalid_grant invalid_request invalid_scope invalid_target login_required server_error
    slow_down temporarily_unavailable unauthorized_client unsupported_grant_type
    unsupported_response_type""".split()
)


def known_code(value: object) -> str:
    """A registered error code as it is; any other text is ``unknown``."""
    return value if isinstance(value, str) and value in _CODES else "unknown"


def client_credentials(client: Client) -> TokenSet:
    """A service's token (RFC 6749 section 4.4). Raises AuthenticationFailed, RemoteFailed."""
    scopes = [scope for scope in client.spec.scopes if scope != "openid"]
    form = {"scope": " ".join(scopes)} if scopes else {}
    return _or_failed(client, "client_credentials", {**form, **client.resource})


def refreshed(client: Client, refresh: SecretText) -> TokenSet:
    """New tokens for a refresh token, which the provider may replace (RFC 6749 section 6).

    Raises AuthenticationFailed, RemoteFailed.
    """
    found = _or_failed(client, "refresh_token", {"refresh_token": refresh, **client.resource})
    return TokenSet(found.access, found.identity, found.refresh or refresh, found.lives)


def revoke(client: Client, token: SecretText, hint: str) -> bool:
    """Ask the provider to forget a token (RFC 7009); whether it said that it did."""
    address = client.metadata.revocation_endpoint
    if not address:
        return False
    return client.ask(address, {"token": token, "token_type_hint": hint}).status == 200


def refusal(client: Client, code: str) -> AuthenticationFailed:
    """The error for a provider's no."""
    return AuthenticationFailed(
        f"the provider {client.spec.name} refused the log-in ({code})",
        hint="look at the provider's own log: it knows why",
    )


def _or_failed(client: Client, grant_type: str, form: Form) -> TokenSet:
    code = ""
    try:
        return client.tokens(grant_type, form)
    except RefusedByProvider as refused:
        code = refused.code
    raise refusal(client, code)
