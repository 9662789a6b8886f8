"""``secret://STORE/PATH#FIELD``: where a secret is, which is itself no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from lockgate.errors import ConfigurationError

SCHEME: Final = "secret://"
HINT: Final = "write secret://STORE/PATH or secret://STORE/PATH#FIELD, such as secret://env/NAME"
_STORE = r"[a-z0-9][a-z0-9_-]{0,62}"
_SEGMENT = r"[A-Za-z0-9_.+=@:-]{1,256}"
_WRITTEN = re.compile(
    rf"secret://(?P<store>{_STORE})/(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{0,31}})"
    r"(?:#(?P<field>[A-Za-z0-9_.-]{1,128}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class SecretReference:
    """A store by its name in the project, a path in it, and a field of what stands there.

    Without ``field`` the whole text is meant. ``str`` writes it as it stands in a file.
    """

    store: str
    path: str
    field: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reference that ``text`` is. Raises ConfigurationError, which does not repeat it.

        A text that is no reference may be the secret itself, put where a reference belongs.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or {".", ".."} & set(found["path"].split("/")):
            raise ConfigurationError("this is no reference to a secret", hint=HINT)
        return cls(found["store"], found["path"], found["field"] or "")

    def __str__(self) -> str:
        return f"{SCHEME}{self.store}/{self.path}" + (f"#{self.field}" if self.field else "")
