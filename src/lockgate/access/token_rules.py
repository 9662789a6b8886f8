"""What the claims of a token must say, once its signature holds: rules only, no key, no clock.

Sources: RFC 7519 (claims), RFC 8725 (best practice), RFC 9068 (access tokens), OpenID Connect Core
1.0 sections 2 and 3.1.3.7 (ID tokens).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lockgate.access import token_claims
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.access.token_claims import Claims
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.limits import DEFAULT_LIMITS

ACCESS_TOKEN: Final = "at+jwt"  # noqa: S105 - RFC 9068's word for it
PLAIN: Final = "jwt"
KINDS: Final = {
    ProviderKind.PEOPLE: PrincipalKind.PERSON,
    ProviderKind.SERVICES: PrincipalKind.SERVICE,
    ProviderKind.WORKLOADS: PrincipalKind.WORKLOAD,
}
_OF_ID_TOKENS: Final = ("nonce", "at_hash", "c_hash", "s_hash")
_OF_ANY: Final = ("client_id", "azp")
_OF_ACCESS_TOKENS: Final = (*_OF_ANY, "cid")
"""Where providers name the client: RFC 9068 has the first, and not all of them write that one."""
_SHORT_SESSION: Final = 64


@dataclass(frozen=True, slots=True)
class Times:
    """When a token was given and ends; both aware."""

    issued_at: datetime
    expires_at: datetime


def check_times(claims: Claims, at: datetime, longest_seconds: int) -> Times:
    """``exp`` and ``iat`` are there, ``nbf`` and ``auth_time`` if they are: all fit ``at``.

    Raises AuthenticationFailed.
    """
    skew = timedelta(seconds=DEFAULT_LIMITS.token_skew_seconds)
    issued = token_claims.required_time(claims, "iat")
    expires = token_claims.required_time(claims, "exp")
    begins = token_claims.time(claims, "nbf")
    authenticated = token_claims.time(claims, "auth_time")
    if expires <= issued or expires - issued > timedelta(seconds=longest_seconds):
        raise refused(TokenFault.TIMES)
    if any(early is not None and early - skew > at for early in (issued, begins, authenticated)):
        raise refused(TokenFault.NOT_YET)
    if at >= expires + skew:
        raise refused(TokenFault.EXPIRED)
    return Times(issued, expires)


def check_type(spec: ProviderSpec, typ: str, claims: Claims) -> str:
    """Which audience a token of this ``typ`` (lower case, "" for none) has to be for.

    RFC 8725, section 3.12: what one kind of token may be, no other kind is.

    * People: an access token (``at+jwt``) for our audience, or an ID token for our client.
    * Services: an access token that no person stands behind.
    * Workloads: a plain token for our audience that is no person's ID token.

    Raises AuthenticationFailed.
    """
    if "events" in claims:  # a log-out or security event token
        raise refused(TokenFault.TYPE)
    if spec.kind is not ProviderKind.PEOPLE and "auth_time" in claims:  # a person logged in
        raise refused(TokenFault.TYPE)
    if typ == ACCESS_TOKEN and spec.kind is not ProviderKind.WORKLOADS:
        if "nonce" in claims:
            raise refused(TokenFault.TYPE)
        return spec.audience
    if typ in ("", PLAIN) and spec.kind is ProviderKind.PEOPLE and spec.client_id:
        return spec.client_id
    if typ in ("", PLAIN, ACCESS_TOKEN) and spec.kind is ProviderKind.WORKLOADS:
        if any(name in claims for name in _OF_ID_TOKENS):
            raise refused(TokenFault.TYPE)
        return spec.audience
    raise refused(TokenFault.TYPE)


def check_audience(spec: ProviderSpec, typ: str, claims: Claims) -> None:
    """``aud`` holds what ``check_type`` says, exactly; for people, or several, it is our client's.

    A person's access token names its client (RFC 9068, section 2.2).

    Raises AuthenticationFailed.
    """
    audience = check_type(spec, typ, claims)
    given = token_claims.audiences(claims)
    if audience not in given:
        raise refused(TokenFault.AUDIENCE)
    people = spec.kind is ProviderKind.PEOPLE
    shown = people and typ == ACCESS_TOKEN
    to = _client(claims, _OF_ACCESS_TOKENS if shown else _OF_ANY)
    if not to and (shown or len(given) > 1):
        raise refused(TokenFault.CLIENT)
    if to and spec.client_id and to != spec.client_id and (people or len(given) > 1):
        raise refused(TokenFault.CLIENT)
    if people and to and claims.get("sub") == to:  # a client's own token (RFC 9068, section 2.2)
        raise refused(TokenFault.SUBJECT)


def _client(claims: Claims, names: tuple[str, ...]) -> str:
    """Whom the token was given to, "" if it does not say; claims that disagree refuse it."""
    found = {token_claims.word(claims, name, TokenFault.CLIENT) for name in names} - {""}
    if len(found) > 1:
        raise refused(TokenFault.CLIENT)
    return next(iter(found), "")


def check_subject(claims: Claims, patterns: tuple[str, ...]) -> str:
    """``sub``, of printable ASCII (OpenID Connect Core, section 2), and one that is taken.

    Raises AuthenticationFailed.
    """
    subject = token_claims.word(claims, "sub", TokenFault.SUBJECT)
    if not subject or (patterns and not any(fits(subject, one) for one in patterns)):
        raise refused(TokenFault.SUBJECT)
    return subject


def fits(subject: str, pattern: str) -> bool:
    """Whether the whole subject is the pattern, in which ``*`` is any run of characters."""
    return re.fullmatch(".*".join(map(re.escape, re.split(r"\*+", pattern))), subject) is not None


def principal_of_claims(spec: ProviderSpec, typ: str, claims: Claims, at: datetime) -> Principal:
    """Who a verified token of a provider stands for. Raises AuthenticationFailed."""
    if claims.get("iss") != spec.issuer:
        raise refused(TokenFault.ISSUER)
    check_audience(spec, typ, claims)
    subject = check_subject(claims, spec.subjects)
    times = check_times(claims, at, DEFAULT_LIMITS.token_seconds)
    identity = f"{spec.name}/{subject}"
    return Principal(
        id=identity,
        assurance=Assurance.TOKEN,
        counted=identity,
        kind=KINDS[spec.kind],
        issuer=spec.issuer,
        groups=tuple(f"{spec.name}/{group}" for group in _groups(spec, claims)),
        methods=token_claims.words(claims, "amr"),
        authenticated_at=token_claims.time(claims, "auth_time") or times.issued_at,
        expires_at=times.expires_at,
        session=_session(spec, claims, subject),
    )


def _groups(spec: ProviderSpec, claims: Claims) -> tuple[str, ...]:
    return token_claims.groups(claims, spec.groups_claim)


def _session(spec: ProviderSpec, claims: Claims, subject: str) -> str:
    """``sid``, else ``jti``, if that is short; else a digest that tells log-ins apart."""
    named = token_claims.word(claims, "sid") or token_claims.word(claims, "jti")
    if 0 < len(named) <= _SHORT_SESSION:
        return named
    parts = "\n".join((spec.issuer, subject, named, str(claims.get("iat"))))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
