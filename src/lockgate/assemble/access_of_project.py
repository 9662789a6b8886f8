"""A project's authoriser: the shipped access policies and its own, or every reason against them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockgate.access.roles import OWNER_ROLE, SHIPPED, Roles
from lockgate.errors import ConfigurationError, Position
from lockgate.flow.findings import Finding, FindingRule
from lockgate.labels.label import PUBLIC, UNCLASSIFIED
from lockgate.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from lockgate.access.settings import RoleSpec
    from lockgate.adapters.access_policies.engine import CedarAuthoriser
    from lockgate.adapters.access_policies.names import KnownNames
    from lockgate.assemble.access_questions import AccessQuestions
    from lockgate.assemble.project_file import Project
    from lockgate.run.record import Record

ALL_DOMAINS = "all"


def open_authoriser(project: Project, limits: Limits = DEFAULT_LIMITS) -> CedarAuthoriser:
    """What decides who may do what in this project: an ``access.ports.Authoriser``.

    Raises ConfigurationError with every problem if anything in its roles or policies is wrong:
    where a part of them cannot be used none of them is, and nothing is permitted.
    """
    # Cedar is loaded by whoever asks for a decision.
    from lockgate.adapters.access_policies.engine import CedarAuthoriser
    from lockgate.adapters.access_policies.policies import parse
    from lockgate.adapters.access_policies.texts import shipped_policies

    found = access_findings(project, limits)
    if found:
        count = f"{len(found)} problem" + ("" if len(found) == 1 else "s")
        raise ConfigurationError(
            f"{count} in who may do what: nothing is permitted until they are mended",
            where=found[0].where or Position(str(project.file)),
            hint="docs/reference/access.md",
            problems=[finding.problem for finding in found],
        )
    policies = parse((shipped_policies(), *project.access.policies))
    return CedarAuthoriser(policies, Roles.of(project.access), project.access.environment)


def access_findings(project: Project, limits: Limits = DEFAULT_LIMITS) -> list[Finding]:
    """What ``check`` says of roles and access policies. Each is an error."""
    roles = Roles.of(project.access)
    found = [*_roles(project, roles)]
    if project.access.policies:
        from lockgate.adapters.access_policies.soundness import findings

        found += findings(project.access.policies, _known(project, roles), limits)
    return found


def _known(project: Project, roles: Roles) -> KnownNames:
    from lockgate.adapters.access_policies.names import KnownNames

    labels = {entry.label for entry in project.taxonomy.entries} | {PUBLIC, UNCLASSIFIED}
    return KnownNames(
        {
            "Role": frozenset(roles.names),
            "Label": frozenset(labels),
            "Zone": frozenset(project.policy.zones),
            "Dataset": frozenset(project.contracts),
            "Pipeline": frozenset(project.pipelines),
            "KeyDomain": frozenset({*project.domains, ALL_DOMAINS}),
        }
    )


def _roles(project: Project, roles: Roles) -> Iterator[Finding]:
    shipped = {spec.name for spec in SHIPPED}
    for spec in project.access.roles.values():
        if spec.name in shipped and spec.extends:
            message = f"{spec.name} is a shipped role: it may get groups, and no more"
            yield _about(spec, message, "a role of your own that extends it")
        if spec.name == OWNER_ROLE and spec.groups:
            yield _about(spec, "owner is held by the folder's owner alone", "another role")
        for other in spec.extends:
            if other == OWNER_ROLE:
                yield _about(spec, f"{spec.name} extends owner, who may do everything", "another")
            elif other not in roles.specs:
                known = ", ".join(name for name in roles.names if name != OWNER_ROLE)
                yield _about(spec, f"{spec.name} extends a role that there is not", known)
    for name in roles.cycles():
        yield _about(roles.specs[name], f"{name} extends itself", "take one of them out")
    for name, spec in roles.specs.items():
        for one, other in roles.toxic((name,)):
            message = f"{name} would be {one} and {other}, whom nobody may be together"
            yield _about(spec, message, "two roles", FindingRule.ACCESS_TOXIC)
    unknown = {name for pair in project.access.toxic for name in pair} - set(roles.names)
    for name in sorted(unknown):
        message = f"toxic: {name} is a role that there is not"
        where = Position(str(project.file))
        yield Finding(FindingRule.ACCESS_ROLE, "", message, where=where)


def _about(
    spec: RoleSpec, message: str, fix: str, rule: FindingRule = FindingRule.ACCESS_ROLE
) -> Finding:
    return Finding(rule, "", message, fix=fix, where=spec.where)


def open_questions(project: Project, record: Record) -> AccessQuestions:
    """What is asked about who may. Raises ConfigurationError as ``open_authoriser``."""
    from lockgate.adapters.access_policies.foresee import Foreseer
    from lockgate.assemble.access_of_state import open_entitlements
    from lockgate.assemble.access_questions import AccessQuestions

    foreseer = Foreseer(open_authoriser(project))
    return AccessQuestions(project, foreseer, open_entitlements(project, record))
