"""Write YAML: new documents plainly, existing files with their comments and order kept."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

from lockgate.assemble.yaml_document import parse_document
from lockgate.errors import ConfigurationError, EnvironmentFailed, Position


class _Plain(RoundTripRepresenter):
    """Writes every value out: an alias is nothing our own reader takes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render_yaml(document: Mapping[str, Any]) -> bytes:
    """A YAML 1.2 document that reads back equal. Raises ConfigurationError if it would not."""
    buffer = io.BytesIO()
    _yaml().dump(_built(document), buffer)
    content = buffer.getvalue()
    if parse_document(content, "document").data != _built(document):
        raise ConfigurationError("the document cannot be written as YAML")
    return content


def load_round_trip(path: Path, shown: str) -> Any:
    """A file's data with its comments, to be changed and saved. It must be well-formed."""
    content = path.read_bytes()
    parse_document(content, shown)
    return _yaml().load(content)


def save_round_trip(path: Path, data: Any, shown: str) -> None:
    """Replace the file by ``data``, all or nothing, with the same permissions.

    Raises ConfigurationError if what would be written does not read back as
    meant, EnvironmentFailed if the system refuses.
    """
    buffer = io.BytesIO()
    _yaml().dump(data, buffer)
    content = buffer.getvalue()
    if parse_document(content, shown).data != _built(data):
        raise ConfigurationError(
            "the file cannot be changed without changing its meaning",
            where=Position(shown),
            hint="edit it by hand",
        )
    try:
        _replace(path, content)
    except OSError as error:
        reason = error.strerror or "unwritable"
        raise EnvironmentFailed(f"{shown} cannot be written: {reason}") from None


def _replace(path: Path, content: bytes) -> None:
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".lockgate-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Representer = _Plain
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _built(value: Any) -> Any:
    """Plain dicts, lists and scalars."""
    if isinstance(value, Mapping):
        return {str(key): _built(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_built(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
