"""What tokens of the built-in issuer must say, and what a service account signs to get one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from lockgate.access import token_claims
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.token_claims import Claims
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.access.token_rules import Times, check_times

CLIENT: Final = "lockgate"
"""``client_id`` of the built-in issuer's tokens, which RFC 9068 asks for."""
SUBJECT_PREFIXES: Final = {PrincipalKind.PERSON: "user:", PrincipalKind.SERVICE: "service:"}
_SUBJECT: Final = re.compile(r"(user|service):[!-.0-9;-~]+")  # neither ":" nor "/" in the name
_REQUIRED: Final = ("nbf", "auth_time")


def principal_of_local_claims(
    claims: Claims, issuer: str, audience: str, at: datetime, longest_seconds: int
) -> Principal:
    """Who a verified token of the built-in issuer stands for: ``user:NAME`` or ``service:NAME``.

    Every claim that this issuer writes has to be there. Raises AuthenticationFailed.
    """
    if claims.get("iss") != issuer:
        raise refused(TokenFault.ISSUER)
    if token_claims.audiences(claims) != (audience,):
        raise refused(TokenFault.AUDIENCE)
    if claims.get("client_id") != CLIENT:
        raise refused(TokenFault.CLIENT)
    subject = token_claims.word(claims, "sub", TokenFault.SUBJECT)
    if not _SUBJECT.fullmatch(subject):
        raise refused(TokenFault.SUBJECT)
    for name in _REQUIRED:
        token_claims.required_time(claims, name)
    times = check_times(claims, at, longest_seconds)
    session = token_claims.word(claims, "sid")
    if not session or not token_claims.word(claims, "jti"):
        raise refused(TokenFault.CLAIM)
    person = subject.startswith(SUBJECT_PREFIXES[PrincipalKind.PERSON])
    return Principal(
        id=subject,
        assurance=Assurance.TOKEN,
        counted=subject,
        kind=PrincipalKind.PERSON if person else PrincipalKind.SERVICE,
        issuer=issuer,
        methods=token_claims.words(claims, "amr"),
        authenticated_at=token_claims.required_time(claims, "auth_time"),
        expires_at=times.expires_at,
        session=session,
    )


def check_assertion(
    claims: Claims, account: str, audience: str, at: datetime, longest_seconds: int
) -> tuple[Times, str]:
    """What proves that a client holds its key (RFC 7523, section 3): times, and ``jti``.

    ``iss`` and ``sub`` are both the account, ``aud`` is the issuer that is asked and no other.
    Raises AuthenticationFailed.
    """
    if claims.get("iss") != account:
        raise refused(TokenFault.ISSUER)
    if claims.get("sub") != account:
        raise refused(TokenFault.SUBJECT)
    if token_claims.audiences(claims) != (audience,):
        raise refused(TokenFault.AUDIENCE)
    token_id = token_claims.word(claims, "jti")
    if not token_id:
        raise refused(TokenFault.CLAIM)
    return check_times(claims, at, longest_seconds), token_id
