"""Every problem of every file, collected in one pass, with its position and never a value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lockgate.assemble.project_file_model import StepSection
from lockgate.assemble.yaml_document import Document, Key
from lockgate.errors import ConfigurationError, LockgateError, Position, Problem
from lockgate.plain_names import is_plain_name
from lockgate.secrets.literal import secrets_in
from lockgate.secrets.reference import HINT as REFERENCE_HINT

Model = TypeVar("Model", bound=BaseModel)
_SHOWABLE = re.compile(r"[A-Za-z0-9_.()*\- ]{1,64}")

_ADDRESS = "https://HOST or https://HOST:PORT, without user, path or query"
_MESSAGES = {
    "missing": "the key {key} is missing",
    "string_type": "{key} is text",
    "int_type": "{key} is a whole number",
    "float_type": "{key} is a number",
    "bool_type": "{key} is true or false",
    "list_type": "{key} is a list",
    "dict_type": "{key} is a mapping",
    "model_type": "{key} is a mapping",
    "string_pattern_mismatch": "{key} is not written as it must be",
    "string_too_short": "{key} is empty or too short",
    "string_too_long": "{key} is too long",
    "too_short": "{key} is empty",
    "greater_than_equal": "{key} is out of range",
    "greater_than": "{key} is out of range",
    "less_than_equal": "{key} is out of range",
    "service_address": "{key} is not an address that a secret may travel to",
    "secret_reference": "{key} is a reference to a secret, never the secret itself",
}
_HINTS = {
    "address": _ADDRESS,
    "authority": _ADDRESS,
    "endpoint": _ADDRESS,
    "vault": _ADDRESS,
    "destroy_after_days": "at least 7; unsafe_destroy_after_days goes below",
    "dominance": "a share of one subject: above 0, up to 1",
    "k": "how many subjects a group has at least: 2 to 1,000,000",
    "max_rejected": "a share of the rows: 0 to 1",
    "parts": "how many files may be written at once: 1 to 64",
    "project": "lower-case letters, digits and hyphens",
    "python": 'write "module:Class"',
    "public_key": "44 characters of base64: the 32 bytes of an Ed25519 public key",
    "purpose": "say in a few words what the data is used for",
}
_STEP_HINTS = {**_HINTS, "python": 'write "module:function"'}


def shown(name: str) -> str:
    """A key or name as it may stand in a message; anything else is only described."""
    plain = _SHOWABLE.fullmatch(name) and not any(secrets_in(name, pairs=False))
    return name if plain else "(not a name)"


class Problems:
    """A list that grows while files are read, and is raised once at the end."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(
        self,
        message: str,
        where: Position | None,
        hint: str = "",
        code: str = ConfigurationError.code,
    ) -> None:
        """Note one problem."""
        problem = Problem(code, message, where, hint)
        if problem not in self.found:
            self.found.append(problem)

    def take(self, error: LockgateError, where: Position | None = None) -> None:
        """Note what an error says, all of it; where it knows no place, ``where``."""
        if not error.problems:
            self.add(error.message, error.where or where, error.hint, error.code)
        for one in error.problems:
            self.add(one.message, one.where or where, one.hint, one.code)

    def error(self, where: Position) -> ConfigurationError:
        """Everything noted as one error, in the order of the files and their lines."""
        order = {p.where.file: i for i, p in reversed(list(enumerate(self.found))) if p.where}

        def place(problem: Problem) -> tuple[int, int, int]:
            at = problem.where or Position("")
            return order.get(at.file, -1), at.line, at.column

        problems = sorted(self.found, key=place)
        count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
        message = f"{count} in the project's files"
        return ConfigurationError(message, where=where, problems=problems)

    def mapping(self, document: Document, path: Sequence[Key], what: str) -> dict[str, Any]:
        """The mapping at a path of the document, {} with a problem if it is none, {} if absent."""
        data = document.data
        for key in path:
            data = data.get(key) if isinstance(data, dict) else None
        if data is None:
            return {}
        if isinstance(data, dict):
            return data
        self.add(f"{what} is a mapping", document.locate(path))
        return {}

    def model(
        self, kind: type[Model], data: Any, document: Document, path: Sequence[Key]
    ) -> Model | None:
        """``data`` as a model, or None with every problem noted."""
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_input=False):
                self._pydantic(kind, dict(one), document, tuple(path))
            return None

    def _pydantic(
        self,
        kind: type[BaseModel],
        error: dict[str, Any],
        document: Document,
        path: tuple[Key, ...],
    ) -> None:
        loc = tuple(error["loc"])
        where = document.locate((*path, *loc))
        key = shown(str(next((k for k in reversed((*path, *loc)) if isinstance(k, str)), "it")))
        rule = error["type"]
        if rule == "extra_forbidden":
            self.unknown_key(str(loc[-1]), _keys_at(kind, loc[:-1]), where)
        elif rule == "literal_error":
            self.add(f"{key} is {error['ctx']['expected']}", where)
        else:
            hints = _STEP_HINTS if kind is StepSection else _HINTS
            message = _MESSAGES.get(rule, "{key} is not a valid value").format(key=key)
            hint = hints.get(key, "") if rule != "missing" else ""
            self.add(message, where, REFERENCE_HINT if rule == "secret_reference" else hint)

    def unknown_key(self, key: str, known: Iterable[str], where: Position) -> None:
        """Note a key that nothing knows, with the nearest one that is known."""
        names = list(known)
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.7)
        said = key if near or is_plain_name(key) else "(not shown, as it may be a secret)"
        hint = f"did you mean {near[0]}?" if near else "keys here are " + ", ".join(names)
        self.add(f"unknown key {said}", where, hint)


def _keys_at(kind: type[BaseModel], loc: Sequence[Key]) -> Iterator[str]:
    """The keys a (nested) section takes."""
    for key in loc:
        field = kind.model_fields.get(str(key))
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        found = [t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)]
        if not found:
            return
        kind = found[0]
    yield from kind.model_fields
