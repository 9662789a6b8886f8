"""A project's authoriser: the shipped access policies and its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockgate.access.roles import Roles

if TYPE_CHECKING:
    from lockgate.access.ports import Authoriser
    from lockgate.assemble.project_file import Project


def open_authoriser(project: Project) -> Authoriser:
    """What decides who may do what in this project.

    Raises ConfigurationError if anything in its roles or policies is wrong: where a part of them
    cannot be used none of them is, and so nothing is permitted.
    """
    # Cedar is loaded by whoever asks for a decision.
    from lockgate.adapters.access_policies.engine import CedarAuthoriser
    from lockgate.adapters.access_policies.policies import parse
    from lockgate.adapters.access_policies.texts import shipped_policies

    settings = project.access
    policies = parse((shipped_policies(), *settings.policies))
    return CedarAuthoriser(policies, Roles.of(settings), settings.environment)
