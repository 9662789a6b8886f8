"""Fetch the queries and the small data of TPC-H and TPC-DS that the slow tests trace and run.

They are no part of this repository. sqlglot's source archive holds them; pip gets it from
wherever this machine's packages come from, checks its hash, and puts it below `build/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = ROOT / "build" / "sql_queries" / "sqlglot-30.30.0.tar.gz"
PINNED = (
    "sqlglot==30.30.0 "
    "--hash=sha256:b8e344042c85d7baa1d0d827127dfe1611ce9ac59bceab6fe370665baeb14ce7"
)
# pip reads a source archive's metadata by its build system, which is pinned here.
BUILDING = "setuptools==80.9.0\nsetuptools-scm==10.2.0\n"


def fetch() -> Path:
    """The archive, fetched if it is not there.

    Raises:
        subprocess.CalledProcessError: pip could not get it, or its hash is another.
    """
    if ARCHIVE.is_file():
        return ARCHIVE
    ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ARCHIVE.parent) as folder:
        wanted, building = Path(folder) / "wanted.txt", Path(folder) / "building.txt"
        wanted.write_text(PINNED + "\n")
        building.write_text(BUILDING)
        options = ("--quiet", "--no-deps", "--no-binary=sqlglot", "--require-hashes")
        subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, "-r", wanted, "-d", folder],
            env={**os.environ, "PIP_CONSTRAINT": str(building)},
            check=True,
            capture_output=True,
        )
        (Path(folder) / ARCHIVE.name).replace(ARCHIVE)
    return ARCHIVE


if __name__ == "__main__":
    print(fetch().relative_to(ROOT))
