"""Columns whose label wants a key for each person: what that takes, and what it rules out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lockgate.contract.model import Column
from lockgate.flow.findings import FindingRule
from lockgate.flow.fixes import zone_line
from lockgate.flow.known import KnownColumns
from lockgate.flow.whose import Subject, Unknown, subject_of
from lockgate.kernel.canonical import is_encodable_type
from lockgate.labels.label import Label, LabelSet, State, StateKind
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.graph import ColumnRef
from lockgate.plan.checked_plan import PlannedColumn
from lockgate.policy.policy import Policy
from lockgate.policy.zone import Zone
from lockgate.protect.encrypt import SUBJECT, Encrypt

_TURN_BACK = (StateKind.PSEUDONYM, StateKind.SURROGATE, StateKind.ENCRYPTED)


@dataclass(frozen=True, slots=True)
class Untied:
    """Why a value cannot be tied to what its label or treatment says, and what to write."""

    rule: FindingRule
    message: str
    fix: str


def shredding(labels: LabelSet, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The labels that want a key for each person. States do not: those values are treated."""
    names = sorted(mark.name for mark in labels if isinstance(mark, Label))
    return tuple(name for name in names if taxonomy.shreds(name))


def under_subjects_key(
    one: PlannedColumn, of: ColumnRef, known: KnownColumns, policy: Policy, zone: Zone
) -> PlannedColumn | Untied:
    """The planned column, under its subject's key if its label shreds and it is encrypted.

    ``of`` is the column of a source or step that it is. Who destroys a person's key relies on there
    being no other way back, so any other treatment that can be turned back is refused. One that
    cannot is left as it is.
    """
    labels = shredding(one.labels, policy.taxonomy)
    treatment = one.treatment
    if not labels or treatment is None:
        return one
    if not isinstance(treatment, Encrypt):
        became = treatment.state(one.labels, one.domain, 0)
        if all(isinstance(mark, Label) or mark.kind not in _TURN_BACK for mark in became):
            return one
        return Untied(
            FindingRule.SHRED_REVERSIBLE,
            f"{labels[0]} is to be destroyed person by person, and {treatment.name} can be turned "
            "back without that person's key",
            zone_line(zone, f"{labels[0]}: encrypt"),
        )
    subject = subject_of(of, known)
    if isinstance(subject, Unknown):
        return Untied(
            FindingRule.SHRED_SUBJECT,
            f"{labels[0]} is encrypted under a key for each person, but {subject.why}",
            "label the subject column (customProperties: [{property: lockgate.subject, value: "
            "true}]), and let every step hand on both columns as they are",
        )
    domain = _domain(subject, policy)
    if isinstance(domain, Untied):
        return domain
    tied = replace(treatment, shred=SUBJECT)
    return replace(one, treatment=tied, subject=subject.name, subject_domain=domain)


def _domain(subject: Subject, policy: Policy) -> str | Untied:
    """The key domain that says which spellings of the subject are one person."""
    column = subject.column
    if not is_encodable_type(column.arrow_type, deterministic=True):
        return Untied(
            FindingRule.TREATMENT_TYPE,
            f"the subject column {column.name} is of type {column.arrow_type}, which cannot be "
            "compared exactly",
            "type it as text or a whole number",
        )
    domains = subject_domains(column, policy)
    if len(domains) == 1 and domains[0] in policy.domains:
        return domains[0]
    fix = f"customProperties: [{{property: lockgate.domain, value: {(*domains, 'person-id')[0]}}}]"
    told = f"the subject column {column.name}"
    if len(domains) > 1:
        message = f"the labels of {told} have different key domains: {', '.join(domains)}"
        return Untied(FindingRule.AMBIGUOUS_DOMAIN, message, fix)
    if domains:
        message = f"{told} names the key domain {domains[0]}, which there is not"
        fix = f"domains: {{{domains[0]}: {{normaliser: exact}}}}"
        return Untied(FindingRule.UNKNOWN_DOMAIN, message, fix)
    message = f"{told} has no key domain, so nobody knows which spellings are one person"
    return Untied(FindingRule.MISSING_DOMAIN, message, fix)


def subject_domains(column: Column, policy: Policy) -> tuple[str, ...]:
    """The column's own key domain, or those of its labels."""
    if column.domain:
        return (column.domain,)
    taxonomy = policy.taxonomy
    names = [mark.label.name if isinstance(mark, State) else mark.name for mark in column.labels]
    domains = {taxonomy.domain_of(name) for name in names if taxonomy.known(name)}
    return tuple(sorted(domains - {""}))
