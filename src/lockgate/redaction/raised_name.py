"""What was raised, named without a word that the code which raised it could choose."""

from __future__ import annotations

import sys

_LIBRARIES = frozenset(
    """alembic azure blake3 boto3 botocore click cryptography detect_secrets dotenv duckdb
    email_validator google hvac keyring lockgate numpy pandas polars psycopg pyarrow pydantic
    pydantic_core pyrage requests rich ruamel sqlalchemy sqlglot urllib3""".split()
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
