"""A secret as text, and one field of a secret that is a JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lockgate.errors import SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText


def text_of(content: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """``content`` as UTF-8. Raises SecretUnavailable if it is none, empty, or too long."""
    if len(content) > limits.secret_bytes:
        raise SecretUnavailable(
            f"the secret is longer than {limits.secret_bytes} bytes (limit secret_bytes)"
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise SecretUnavailable("the secret is not UTF-8 text", hint="store it as text, or as base64")


def secret_of(text: str, field: str, limits: Limits = DEFAULT_LIMITS) -> SecretText:
    """The whole text, or the text at ``field`` if the text is a JSON object and one is named.

    Raises SecretMissing if there is no such field, SecretUnavailable if the text is no object, the
    field no text, or the secret empty, too long or with a zero byte in it.
    """
    found = _field(text, field) if field else text
    if not found:
        raise SecretUnavailable("the secret is empty", hint="store a value")
    if "\0" in found:
        raise SecretUnavailable("the secret holds a zero byte", hint="store it as text")
    if len(found) > limits.secret_bytes:
        raise SecretUnavailable(
            f"the secret is longer than {limits.secret_bytes} bytes (limit secret_bytes)"
        )
    return SecretText(found)


def _field(text: str, field: str) -> str:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise SecretUnavailable(
            "the secret is not a JSON object, so it has no fields",
            hint="leave #FIELD out to take all of it",
        )
    return field_of(data, field)


def field_of(data: Mapping[str, object], field: str) -> str:
    """The text at ``field``. Raises SecretMissing, or SecretUnavailable if it is no text."""
    if field not in data:
        raise SecretMissing("the secret has no such field", hint="mend what follows # in it")
    found = data[field]
    if not isinstance(found, str):
        raise SecretUnavailable("the secret's field is not text", hint="store it in quotes")
    return found
