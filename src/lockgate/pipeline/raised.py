"""What a project's own code raised, named without a word that the code could choose."""

from __future__ import annotations

import sys

_LIBRARIES = frozenset(
    ("lockgate", "numpy", "pandas", "polars", "pyarrow", "pydantic", "pydantic_core")
)
_KNOWN = _LIBRARIES | sys.stdlib_module_names


def raised_name(error: BaseException) -> str:
    """The name of the error's class, or of its nearest base that a known library defines.

    A class may be made while the code runs, and be named after a value of the data.
    """
    return next((one.__name__ for one in type(error).__mro__ if _known(one)), "an exception")


def _known(kind: type) -> bool:
    """Whether a known library has the class under the very name that it bears."""
    module, name = kind.__module__, kind.__name__
    if not isinstance(module, str) or not isinstance(name, str):
        return False
    if module.partition(".")[0] not in _KNOWN:
        return False
    return vars(sys.modules.get(module, object)).get(name) is kind
