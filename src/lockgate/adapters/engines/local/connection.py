"""A DuckDB that reaches nothing: no file, network, extension, variable, setting or disk.

1. Extensions are neither found nor loaded, and stored secrets are not read.
2. Nothing is spilled: the published DuckDB cannot encrypt temporary files
   (docs/decisions/0026-sql-steps-in-a-locked-duckdb.md).
3. File systems are gone, then everything outside is, and then no setting can change.
4. One thread: the same rows give the same bytes, sums of floating point numbers too.

Inputs are the only names there are; who adds them does so before anything is run.
"""

from __future__ import annotations

import duckdb

from lockgate.limits import Limits

_AT_OPENING = {
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
    "python_enable_replacements": "false",
    "threads": "1",
}
_LOCKS = (
    "SET TimeZone = 'UTC'",
    "SET allow_extension_repositories = 'forbidden'",
    "SET max_temp_directory_size = '0B'",
    "SET temp_directory = ''",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_locked(limits: Limits) -> duckdb.DuckDBPyConnection:
    """An empty database in memory, locked. The caller closes it."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        **_AT_OPENING,
        "memory_limit": f"{limits.step_memory}B",
    }
    connection = duckdb.connect(":memory:", config=settings)
    for lock in _LOCKS:
        connection.execute(lock)
    return connection
