"""Whether a project's policies can be used: every reason why not, with its place.

Nothing is used while one finding stands. No message repeats more of a policy than names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import cedarpy
from cedarpy import pst

from lockgate.access.roles import SHIPPED
from lockgate.access.settings import PolicyText
from lockgate.adapters.access_policies.names import KnownNames, unknown_names
from lockgate.adapters.access_policies.refusals import said
from lockgate.adapters.access_policies.schema import ROLE, schema
from lockgate.adapters.access_policies.texts import PlacedPolicy, placed, shipped_policies
from lockgate.errors import Position
from lockgate.flow.findings import Finding, FindingRule
from lockgate.limits import DEFAULT_LIMITS, Limits

GRANT = 'principal in Role::"…", and grant the role to whom it is for: grants end, and are reviewed'
_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_SHIPPED: Final = frozenset(role.name for role in SHIPPED)
_NO_TYPE: Final = {"<": {"left": {"Value": "x"}, "right": {"Value": 1}}}


def findings(
    texts: Sequence[PolicyText], known: KnownNames, limits: Limits = DEFAULT_LIMITS
) -> list[Finding]:
    """Everything that is wrong with a project's own policies; none means they can be used."""
    policies = [one for text in texts for one in placed(text)]
    found = [*_too_large(policies, limits)]
    if found:
        return found  # what is too large is not parsed: a deep one would end the process
    taken = {_id(tree) for one in placed(shipped_policies()) for tree in _parse(one) or ()}
    for text in texts:
        before = len(found)
        for one in placed(text):
            found += _policy(one, known, taken)
        if len(found) == before and not _stands(text.text):
            found.append(_broken(Position(text.file), "the file is no Cedar"))
    return found


def _too_large(policies: Sequence[PlacedPolicy], limits: Limits) -> Iterator[Finding]:
    if len(policies) > limits.access_policies:
        yield _broken(
            policies[limits.access_policies].where,
            f"more than {limits.access_policies} access policies (limit access_policies)",
        )
    for one in policies:
        if one.words > limits.access_policy_words:
            most = limits.access_policy_words
            yield _broken(one.where, f"more than {most} words (limit access_policy_words)")
        if one.depth > limits.access_policy_depth:
            most = limits.access_policy_depth
            yield _broken(one.where, f"nested more than {most} deep (limit access_policy_depth)")


def _policy(one: PlacedPolicy, known: KnownNames, taken: set[str]) -> list[Finding]:
    """All findings of one policy; its id is added to ``taken``."""
    trees = _parse(one)
    if trees is None:
        return [_broken(one.where, "this is no Cedar, or nested too deep", _SYNTAX)]
    if len(trees) != 1:
        return [_broken(one.where, "a policy with slots permits nobody", GRANT)]
    tree = trees[0]
    found = [*_identity(one, tree, taken), *_everybody(one, tree)]
    fits = [*_unfit(one)]
    return [*found, *fits, *([] if fits else _never(one)), *unknown_names(one, tree, known)]


_SYNTAX = 'permit (principal in Role::"…", action == Action::"…", resource) when { … };'


def _parse(one: PlacedPolicy) -> list[pst.Template] | None:
    """The policy in Cedar's own tree; none if it is a template, None if it cannot be read."""
    try:
        tree = cedarpy.policies_to_pst(one.text)
    except ValueError:
        return None
    return [*tree.static_policies.values()]


def _stands(text: str) -> bool:
    try:
        cedarpy.PolicySet.from_str(text)
    except ValueError:
        return False
    return True


def _id(tree: pst.Template) -> str:
    return tree.annotations.get("id", "")


def _identity(one: PlacedPolicy, tree: pst.Template, taken: set[str]) -> Iterator[Finding]:
    name = _id(tree)
    if "id" in tree.annotations and not _plain(name):
        fix = "letters, digits, _, - and dots, at most 80"
        yield _broken(one.where, "the policy's @id is no name", fix)
    elif name.partition(".")[0] in _SHIPPED:
        message = f"@id {name} is named after a shipped role: records would tell it as that role's"
        yield _broken(one.where, message, "another beginning: your role's name")
    elif name and name in taken:
        yield _broken(one.where, f"@id {name} is another policy's too", "another @id")
    taken.add(name)


def _plain(name: str) -> bool:
    return _ID.fullmatch(name) is not None


def _everybody(one: PlacedPolicy, tree: pst.Template) -> Iterator[Finding]:
    """A permit is for a role: not for whoever comes, and not for somebody whom no review shows."""
    if tree.effect != "permit":
        return
    match tree.principal:
        case pst.ScopeIn(entity=pst.EntityUid(type=kind)) if kind == _ROLE:
            return
        case pst.ScopeIsIn(entity=pst.EntityUid(type=kind)) if kind == _ROLE:
            return
        case pst.ScopeAny() | pst.ScopeIs():
            message = "permits everybody: its principal is not in a role"
        case _:
            message = "permits somebody by name, whom no grant and no review shows"
    yield Finding(FindingRule.ACCESS_EVERYBODY, "", message, fix=GRANT, where=one.where)


_ROLE: Final = pst.EntityType(ROLE)


def _unfit(one: PlacedPolicy) -> Iterator[Finding]:
    """What the schema has against it (Cedar's strict validation)."""
    try:
        result = cedarpy.validate_policies(one.text, schema())
    except ValueError:
        yield _broken(one.where, "the policy cannot be held against the schema")
        return
    refusals = {said(error.error) for error in result.errors}
    others = {refusal for refusal in refusals if not refusal.never}
    for refusal in sorted(others or refusals, key=str):
        rule = FindingRule.ACCESS_NEVER if refusal.never else FindingRule.ACCESS_POLICY
        where = one.at(refusal.name)
        yield Finding(rule, "", refusal.message, fix=refusal.fix, where=where)


def _never(one: PlacedPolicy) -> Iterator[Finding]:
    """Whether no request at all can meet its conditions.

    Cedar's types tell: of an ``if`` whose test is false in every case, only the ``else`` is held
    to the schema. So ``if CONDITIONS then (what has no type) else true`` is sound only then.
    """
    policy = json.loads(cedarpy.policies_to_json_str(one.text))["staticPolicies"]["policy0"]
    if not policy["conditions"]:
        return
    meets: Any = {"Value": True}
    for part in policy["conditions"]:
        body = part["body"] if part["kind"] == "when" else {"!": {"arg": part["body"]}}
        meets = {"&&": {"left": meets, "right": body}}
    test = {"if-then-else": {"if": meets, "then": _NO_TYPE, "else": {"Value": True}}}
    policy["conditions"] = [{"kind": "when", "body": test}]
    as_set = {"staticPolicies": {"policy0": policy}, "templates": {}, "templateLinks": []}
    text = cedarpy.policies_from_json_str(json.dumps(as_set))
    if cedarpy.validate_policies(text, schema()).validation_passed:
        message = "the policy can never hold: its conditions are false whatever is asked"
        yield Finding(FindingRule.ACCESS_NEVER, "", message, fix="mend them", where=one.where)


def _broken(where: Position, message: str, fix: str = "") -> Finding:
    return Finding(FindingRule.ACCESS_POLICY, "", message, fix=fix, where=where)
