"""Logging in by a browser: authorization code with PKCE (RFC 6749, 7636, 8252, 9207, 9700)."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from lockgate.adapters.identity_providers.oidc.grants import (
    Client,
    RefusedByProvider,
    TokenSet,
    known_code,
    refusal,
)
from lockgate.adapters.identity_providers.oidc.listener import LoopbackListener
from lockgate.errors import AuthenticationFailed, ConfigurationError
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText


def log_in_by_browser(
    client: Client,
    show: Callable[[str], None],
    nonce: SecretText,
    limits: Limits = DEFAULT_LIMITS,
) -> TokenSet:
    """Show the address to open in a browser on this machine, and wait for what comes back.

    ``nonce`` has to stand in the ID token: whoever verifies it compares. Raises
    AuthenticationFailed, RemoteFailed, and ConfigurationError if the provider has no such way.
    """
    if not client.metadata.authorization_endpoint:
        raise ConfigurationError(
            f"the provider {client.spec.name} offers no log-in by a browser",
            hint=f"lockgate login {client.spec.name} --device",
        )
    state, verifier = random_text(), random_text()
    with LoopbackListener(state, limits) as listener:
        show(_address(client, listener.address, state, nonce, verifier))
        answer = listener.wait()
    code = _code(client, answer)
    form: dict[str, str | SecretText] = {
        "code": code,
        "redirect_uri": listener.address,
        "code_verifier": verifier,
        **client.resource,
    }
    said = ""
    try:
        return client.tokens("authorization_code", form)
    except RefusedByProvider as refused:
        said = refused.code
    raise refusal(client, said)


def random_text() -> SecretText:
    """256 bits as 43 characters (RFC 7636 section 4.1)."""
    return SecretText(secrets.token_urlsafe(32))


def challenge(verifier: SecretText) -> str:
    """S256 (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.reveal().encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _address(
    client: Client, back: str, state: SecretText, nonce: SecretText, verifier: SecretText
) -> str:
    """The page at the provider. It holds no secret that opens anything: PKCE binds the code."""
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": back,
        "scope": " ".join(client.spec.scopes),
        "state": state.reveal(),
        "nonce": nonce.reveal(),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **client.resource,
    }
    if "offline_access" in client.spec.scopes:
        asked["prompt"] = "consent"  # OpenID Connect Core 1.0 section 11 asks for it
    endpoint = client.metadata.authorization_endpoint
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"


def _code(client: Client, answer: Mapping[str, str]) -> SecretText:
    """The code of an answer that this very issuer gave.

    RFC 9207 section 2.4: another issuer's answer, or none said by one that always says it, is how
    a mix-up looks.
    """
    said = answer.get("iss")
    if said != client.metadata.issuer and (said is not None or client.metadata.names_issuer):
        raise AuthenticationFailed(
            "the answer in the browser is of another provider than the one asked",
            hint="log in again; if it stays so, tell whoever looks after the provider",
        )
    if "error" in answer:
        raise refusal(client, known_code(answer["error"]))
    code = answer.get("code", "")
    if not code or "response" in answer:
        raise AuthenticationFailed("the answer in the browser holds no code", hint="log in again")
    return SecretText(code)
