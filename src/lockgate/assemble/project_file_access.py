"""``access:`` of a project's file and the policies beside it -> AccessSettings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from lockgate.access.action import TWO_PERSON, Action
from lockgate.access.settings import (
    AccessSettings,
    LocalIssuerSpec,
    PolicyText,
    ProviderKind,
    ProviderSpec,
    RoleSpec,
)
from lockgate.assemble.project_file_model import Line, Name, PathText, Reference, Section
from lockgate.assemble.project_file_problems import Problems, shown
from lockgate.assemble.yaml_document import Document

RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Word = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")]


class ProviderSection(Section):
    """An OpenID provider."""

    kind: ProviderKind = Field(default=ProviderKind.PEOPLE, strict=False)
    issuer: Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]
    audience: Word
    client_id: Word | None = None
    groups_claim: Word | None = None
    scopes: Annotated[list[Word], Field(min_length=1, max_length=50)] = ["openid"]
    subjects: Annotated[list[Word], Field(max_length=1000)] = []
    client_secret: Reference | None = None
    private_key: Reference | None = None
    key_id: Word | None = None
    token_file: PathText | None = None
    ca_file: PathText | None = None


class LocalIssuerSection(Section):
    """The built-in issuer."""

    token_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    lock_after: Annotated[int, Field(ge=1, le=20)] = 5
    lock_seconds: Annotated[int, Field(ge=30, le=86_400)] = 60


class RoleSection(Section):
    """A role of the project, or groups for a shipped one."""

    extends: list[RoleName] = []
    groups: list[Line] = []
    description: Line = ""


class AccessSection(Section):
    """What is no collection."""

    local: LocalIssuerSection = LocalIssuerSection()
    providers: dict[str, Any] = {}
    roles: dict[str, Any] = {}
    two_person: list[str] = []
    toxic: list[Annotated[list[RoleName], Field(min_length=2, max_length=2)]] = []


def read_access(
    main: Document, environment: str, policies: Sequence[PolicyText], problems: Problems
) -> AccessSettings:
    """What ``access:`` says; problems are noted, not raised."""
    data = problems.mapping(main, ("access",), "access")
    section = problems.model(AccessSection, data, main, ("access",)) or AccessSection()
    return AccessSettings(
        environment=environment,
        providers=MappingProxyType(_providers(section.providers, main, problems)),
        local=LocalIssuerSpec(**section.local.model_dump()),
        roles=MappingProxyType(_roles(section.roles, main, problems)),
        policies=tuple(policies),
        two_person=_two_person(section.two_person, main, problems),
        toxic=frozenset(frozenset(pair) for pair in section.toxic),
    )


def _providers(
    data: Mapping[str, Any], main: Document, problems: Problems
) -> dict[str, ProviderSpec]:
    found = {}
    for name, given in data.items():
        path = ("access", "providers", name)
        section = problems.model(ProviderSection, given, main, path)
        if section is not None and _is_name(name, Name, main, path, problems):
            found[name] = _provider(name, section, main, path)
    for one, other in combinations(found.values(), 2):
        if not _told_apart(one, other):
            problems.add(
                f"one token could stand for two: {one.name} and {other.name} have one issuer",
                other.where or main.locate(("access", "providers")),
                "another audience for one, or the subjects of whichever is not for people",
            )
    return found


def _told_apart(one: ProviderSpec, other: ProviderSpec) -> bool:
    """Whether no token could be both's: by issuer, by audience, or by the subjects they name.

    Of two with one issuer and audience only one for people may leave its subjects out.
    """
    if one.issuer != other.issuer or one.audience != other.audience:
        return True
    named = [spec.subjects for spec in (one, other) if spec.kind is not ProviderKind.PEOPLE]
    return all(named) and one.subjects != other.subjects


def _provider(
    name: str, section: ProviderSection, main: Document, path: tuple[str, ...]
) -> ProviderSpec:
    return ProviderSpec(
        name=name,
        kind=section.kind,
        issuer=section.issuer,
        audience=section.audience,
        client_id=section.client_id or "",
        groups_claim=section.groups_claim or "",
        scopes=tuple(section.scopes),
        subjects=tuple(section.subjects),
        client_secret=str(section.client_secret or ""),
        private_key=str(section.private_key or ""),
        key_id=section.key_id or "",
        token_file=section.token_file or "",
        ca_file=section.ca_file or "",
        where=main.locate(path),
    )


def _roles(data: Mapping[str, Any], main: Document, problems: Problems) -> dict[str, RoleSpec]:
    found = {}
    for name, given in data.items():
        path = ("access", "roles", name)
        section = problems.model(RoleSection, given or {}, main, path)
        if section is not None and _is_name(name, RoleName, main, path, problems):
            found[name] = RoleSpec(
                name,
                tuple(section.extends),
                tuple(section.groups),
                section.description,
                main.locate(path),
            )
    return found


def _two_person(names: Sequence[str], main: Document, problems: Problems) -> frozenset[Action]:
    known = {action.value: action for action in TWO_PERSON}
    for name in names:
        if name not in known:
            problems.add(
                f"{shown(name)} cannot be under the two-person rule",
                main.locate(("access", "two_person")),
                "these can: " + ", ".join(sorted(known)),
            )
    return frozenset(known[name] for name in names if name in known)


def _is_name(
    name: str, kind: Any, main: Document, path: tuple[str, ...], problems: Problems
) -> bool:
    try:
        TypeAdapter(kind).validate_python(name)
    except ValidationError:
        problems.add(
            f"{shown(name)} is no name", main.locate(path), "lower-case letters and digits"
        )
        return False
    return True
