"""Which key domains a project's columns belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from lockgate.assemble.project_file import Project
from lockgate.contract.model import Column
from lockgate.errors import ConfigurationError, KeyUnavailable, LabelError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import Domain
from lockgate.keys.released import ReleasedKeys
from lockgate.labels.label import LabelSet, State
from lockgate.plan.checked_plan import CheckedPlan


def column_domains(project: Project, column: Column) -> frozenset[str]:
    """The column's own key domain, else those of its labels."""
    if column.domain:
        return frozenset({column.domain})
    return _domains_of(project, column.labels)


def _domains_of(project: Project, labels: LabelSet) -> frozenset[str]:
    taxonomy = project.taxonomy
    names = {mark.label.name if isinstance(mark, State) else mark.name for mark in labels}
    return frozenset(taxonomy.domain_of(n) for n in names if taxonomy.known(n)) - {""}


def domain_labels(project: Project) -> dict[str, LabelSet]:
    """The labels of all that is in each key domain: contracts' columns, and what steps claim."""
    found: dict[str, LabelSet] = {}
    columns = [column for contract in project.contracts.values() for column in contract.columns]
    inside = [(column_domains(project, column), column.labels) for column in columns]
    inside += [(_domains_of(project, labels), labels) for labels in _said(project)]
    for names, labels in inside:
        for name in names:
            found[name] = found.get(name, LabelSet()).join(labels)
    return found


def normaliser_of(project: Project, column: Column) -> Normaliser:
    """The normaliser of the column's key domain; exact if it has none or several."""
    names = column_domains(project, column)
    known = [project.domains[name] for name in names if name in project.domains]
    return known[0].normaliser if len(known) == 1 else Normaliser.EXACT


def used_domains(project: Project) -> tuple[Domain, ...]:
    """Every key domain that a column of the project's contracts belongs to, by name.

    And those of labels that a step's column is said to have.
    """
    names = {
        name
        for contract in project.contracts.values()
        for column in contract.columns
        for name in column_domains(project, column)
    }
    for labels in _said(project):
        names |= _domains_of(project, labels)
    return tuple(named_domain(project, name, None) for name in sorted(names))


def _said(project: Project) -> Iterator[LabelSet]:
    for pipeline in project.pipelines.values():
        for claim in (claim for step in pipeline.steps for claim in step.declassified):
            with suppress(LabelError):  # the check refuses it
                yield LabelSet.of(*(claim.labels or ()))


def named_domain(project: Project, name: str, normaliser: Normaliser | None) -> Domain:
    """The declared domain, or a new one. Raises ConfigurationError without a normaliser."""
    known = project.domains.get(name)
    if known is not None:
        return known
    if normaliser is None:
        raise ConfigurationError(
            "the project declares no such key domain",
            hint="add it under `domains:` in lockgate.yaml, or give a normaliser",
        )
    return Domain(name, normaliser)


def other_normalisers(project: Project, known: Iterable[Domain]) -> tuple[str, ...]:
    """Which of the domains were made with another normaliser than the policy has, in words."""
    return tuple(
        f"key domain {one.name!r} has the normaliser {one.normaliser.value}, and the policy says"
        f" {project.domains[one.name].normaliser.value}"
        for one in known
        if one.name in project.domains and project.domains[one.name] != one
    )


def require_domains(project: Project, keys: ReleasedKeys, plan: CheckedPlan) -> None:
    """Refuse before anything is read if a key that the plan needs was never made.

    Keys are not made on the way: on a state restored from the wrong place that would quietly
    give tokens that join with nothing; so would another normaliser. Raises KeyUnavailable.
    """
    domains = keys.domains()
    known = {domain.name for domain in domains}
    columns = [column for sink in plan.sinks for column in sink.columns]
    needed = {name for one in columns for name in (one.domain, one.subject_domain)} - {""}
    missing = sorted(needed - known)
    if missing:
        raise KeyUnavailable(
            f"no keys were made yet for {', '.join(missing)}",
            hint="make them once: lockgate keys init",
        )
    other = other_normalisers(project, (domain for domain in domains if domain.name in needed))
    if other:
        raise KeyUnavailable(
            "; ".join(other),
            hint="a domain's normaliser never changes: use another domain, or restore the state",
        )
