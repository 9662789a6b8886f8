"""What Cedar has against a policy, in words that show names only."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from lockgate.access.action import Action
from lockgate.adapters.access_policies.schema import PRINCIPALS, RESOURCES, ROLE
from lockgate.secrets.literal import secrets_in

_ATTRIBUTES: Final = (
    *("purpose", "time", "strength", "dataset", "zone", "labels", "approval", "break_glass"),
    *("environment", "word", "detail", "epoch", "hour", "weekday", "verified", "methods", "age"),
    *("issuer", "groups"),
)
_TYPES: Final = (ROLE, *PRINCIPALS.values(), *RESOURCES.values(), "Action")
_SHOWABLE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """One reason. ``name`` is where to look in the text; ``never``: no request could meet it."""

    message: str
    fix: str = ""
    name: str = ""
    never: bool = False


def _attribute(found: re.Match[str]) -> Refusal:
    name = found[1]
    return Refusal(f"there is no attribute {shown(name)}", nearest(name, _ATTRIBUTES), name)


def _action(found: re.Match[str]) -> Refusal:
    name = found[1]
    return Refusal(f"there is no action {shown(name)}", nearest(name, Action), name)


def _type(found: re.Match[str]) -> Refusal:
    name = found[1]
    return Refusal(f"there is no type {shown(name)}", nearest(name, _TYPES), name)


def _never(found: re.Match[str]) -> Refusal:
    message = "the policy can never hold: no such principal does such an action to such a resource"
    return Refusal(message, "docs/reference/access.md has what each action is done to", never=True)


def _empty(found: re.Match[str]) -> Refusal:
    return Refusal("a list without members", "name at least one, or take the test out")


def _argument(found: re.Match[str]) -> Refusal:
    return Refusal("the text given to ip(), decimal(), datetime() or duration() is none")


_KINDS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Refusal]], ...]] = (
    (re.compile(r"attribute `([^`]*)`.* not found"), _attribute),
    (re.compile(r'unrecognized action `Action::"(.*)"`'), _action),
    (re.compile(r"unrecognized action `([^`]*)`"), _action),
    (re.compile(r"unrecognized entity type `([^`]*)`"), _type),
    (re.compile(r"unable to find an applicable action"), _never),
    (re.compile(r"empty set literals"), _empty),
    (re.compile(r"extension function argument"), _argument),
)


def said(error: str) -> Refusal:
    """Cedar's words as ours."""
    for pattern, refusal in _KINDS:
        found = pattern.search(error)
        if found is not None:
            return refusal(found)
    return Refusal(
        "the policy does not fit the schema: types are compared that are not the same",
        "docs/reference/access.md has the type of each attribute",
    )


def shown(name: str) -> str:
    """A name as it may stand in a message; anything else is only described."""
    plain = _SHOWABLE.fullmatch(name) and not any(secrets_in(name, pairs=False))
    return name if plain else "(not a name)"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest name that there is, else all of them if they are few."""
    names = [str(one) for one in known]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return "there are " + ", ".join(names) if 0 < len(names) <= 40 else ""
