"""labels, domains and zones of the project's files -> Policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lockgate.assemble.project_file_model import (
    DomainSection,
    KeyScheduleSection,
    LabelSection,
    ShredSection,
    ZoneSection,
)
from lockgate.assemble.project_file_problems import Problems, shown
from lockgate.assemble.yaml_document import Document
from lockgate.errors import LabelError, LockgateError, PolicyError, Position
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain
from lockgate.keys.schedule import KeySchedule
from lockgate.labels.entry import LabelEntry
from lockgate.labels.taxonomy import DOMAIN_NAME, Taxonomy
from lockgate.limits import DEFAULT_LIMITS
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule, shipped_zones
from lockgate.policy.zone import ZONE_NAME, Pattern, Word, Zone, ZoneRule


def read_policy(documents: Sequence[Document], problems: Problems) -> Policy:
    """The shipped policy with what the files add; problems are noted, not raised."""
    domains = _read_domains(documents, problems)
    taxonomy = _read_taxonomy(documents, domains, problems)
    zones = dict(shipped_zones())
    own: dict[str, Position] = {}
    for document in documents:
        for name, data in problems.mapping(document, ("zones",), "zones").items():
            where = document.locate(("zones", name))
            if name in own:
                problems.add(f"zone {shown(name)} is defined twice", where, f"first at {own[name]}")
                continue
            own[name] = where
            zone = _read_zone(document, name, data, taxonomy, problems)
            if zone is not None:
                zones[name] = zone
    return Policy(taxonomy, zones, domains)


def key_schedule(keys: KeyScheduleSection, documents: Sequence[Document]) -> KeySchedule:
    """The days of the ``keys`` section, and those of domains; the files were read without problems.

    What is spelled unsafe stands before what is not.
    """
    days: dict[str, int] = {}
    for document in documents:
        domains = document.data.get("domains") if isinstance(document.data, dict) else None
        for name, data in (domains or {}).items():
            section = DomainSection.model_validate(data)
            if section.rotate_after_days is not None:
                days[name] = section.rotate_after_days
    unsafe = keys.unsafe_destroy_after_days
    return KeySchedule(
        destroy_after_days=keys.destroy_after_days if unsafe is None else unsafe,
        backup_days=keys.backup_days,
        rotate_after_days=keys.rotate_after_days,
        rotate_days=MappingProxyType(days),
        unsafe_wait=unsafe is not None and unsafe < DEFAULT_LIMITS.destroy_days_floor,
    )


def _read_domains(documents: Sequence[Document], problems: Problems) -> dict[str, Domain]:
    domains: dict[str, Domain] = {}
    for document in documents:
        for name, data in problems.mapping(document, ("domains",), "domains").items():
            path = ("domains", name)
            if not DOMAIN_NAME.fullmatch(name):
                hint = "lower-case letters, digits, _ and -"
                problems.add("this is not a domain name", document.locate(path), hint)
            section = problems.model(DomainSection, data, document, path)
            if name in domains:
                problems.add(f"domain {shown(name)} is defined twice", document.locate(path))
            elif section is not None:
                domains[name] = Domain(name, Normaliser(section.normaliser))
    return domains


def _read_taxonomy(
    documents: Sequence[Document], domains: Mapping[str, Domain], problems: Problems
) -> Taxonomy:
    """Labels of the files on top of the shipped ones. A new domain's normaliser is exact."""
    taxonomy = shipped = Taxonomy.shipped()
    for document in documents:
        for name, data in problems.mapping(document, ("labels",), "labels").items():
            path = ("labels", name)
            if isinstance(data, dict) and list(data) == ["shred"] and shipped.known(name):
                if problems.model(ShredSection, data, document, path) is not None:
                    taxonomy = taxonomy.shredding(name)
                continue
            section = problems.model(LabelSection, data, document, path)
            if section is None:
                continue
            normaliser = taxonomy.normalisers.get(section.domain)
            if normaliser is None:
                own = domains.get(section.domain)
                normaliser = own.normaliser if own else Normaliser.EXACT
            entry = LabelEntry(
                name,
                section.description,
                section.domain,
                normaliser,
                section.hipaa,
                shred=section.shred is not None,
            )
            try:
                taxonomy = taxonomy.extend([entry])
            except LabelError as error:
                problems.take(error, document.locate(path))
    return taxonomy


def _read_zone(
    document: Document, name: str, data: Any, taxonomy: Taxonomy, problems: Problems
) -> Zone | None:
    path = ("zones", name)
    where = document.locate(path)
    if not ZONE_NAME.fullmatch(name):
        problems.add("this is not a zone name", where, "lower-case letters, digits, _ and -")
    section = problems.model(ZoneSection, data, document, path)
    if section is None:
        return None
    rules = _read_rules(document, (*path, "rules"), section.rules, taxonomy, problems)
    influence = _read_influence(
        document, (*path, "influence"), section.influence, taxonomy, problems
    )
    base = Zone(name, "", ())
    if section.extends:
        shipped = shipped_zones()
        if section.extends not in shipped:
            hint = "shipped zones are " + ", ".join(shipped)
            at = document.locate((*path, "extends"))
            problems.add("extends names no shipped zone", at, hint, PolicyError.code)
            return None
        base = shipped[section.extends]
    try:
        return base.extended(
            name,
            rules,
            influence,
            description=section.description,
            trusted=section.trusted,
            where=where,
            extends=section.extends,
        )
    except PolicyError as error:
        problems.take(error, where)
        return None


def _read_rules(
    document: Document,
    path: tuple[str, ...],
    rules: Mapping[str, Any],
    taxonomy: Taxonomy,
    problems: Problems,
) -> list[ZoneRule]:
    read: list[ZoneRule] = []
    for text, spec in rules.items():
        where = document.locate((*path, text))
        try:
            made = make_rule(text, spec, "", taxonomy)
        except LockgateError as error:
            problems.take(error, where)
            continue
        if made.pattern.kind and not isinstance(made.rule, Word) and made.rule.name != "drop":
            problems.add(f"{text} takes allow, deny or drop", where, code=PolicyError.code)
            continue
        read.append(ZoneRule(made.pattern, made.rule, "", where))
    return read


def _read_influence(
    document: Document,
    path: tuple[str, ...],
    rules: Mapping[str, Any],
    taxonomy: Taxonomy,
    problems: Problems,
) -> list[ZoneRule]:
    read: list[ZoneRule] = []
    for text, word in rules.items():
        where = document.locate((*path, text))
        if word not in ("allow", "deny"):
            problems.add("influence is allow or deny", where, code=PolicyError.code)
            continue
        try:
            pattern: Pattern = make_rule(text, word, "", taxonomy).pattern
        except LockgateError as error:
            problems.take(error, where)
            continue
        read.append(ZoneRule(pattern, Word(word), "", where))
    return read
