"""Whether two principals are one: what a provider is called here makes nobody another person."""

from __future__ import annotations

from lockgate.access.settings import AccessSettings


def same_person(settings: AccessSettings, one: str, other: str) -> bool:
    """Whether both ids are of one subject of one issuer (OpenID Connect Core, section 5.7)."""
    return _subject(settings, one) == _subject(settings, other)


def _subject(settings: AccessSettings, principal: str) -> tuple[str, str]:
    provider, slash, subject = principal.partition("/")
    spec = settings.providers.get(provider) if slash else None
    return ("", principal) if spec is None else (spec.issuer, subject)
