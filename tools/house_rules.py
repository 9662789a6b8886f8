"""The rules of the house that no off-the-shelf linter knows.

1. A file under src, tools, bench or rust stays within 300 lines.
2. No module is called utils, helpers, common, core or manager.
3. Nothing names one machine's path or a package index: paths are relative, indexes settings.
4. Nothing is left unfinished, and no type error is waved through without its code.
5. Every pin satisfies what pyproject.toml asks, and the locked lists hold no address.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tree import ROOT, files, text

LONGEST = 300
COUNTED = frozenset({"src", "tools", "bench", "rust"})
VAGUE = frozenset({"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"})
MACHINE = re.compile(r"(?<![\w.~-])/(?:root|work|farm|Users|home/\w+)/")
INDEX = re.compile(
    r"pypi\.org/simple|pythonhosted\.org|registry\.npm|static\.crates\.io|"
    r"(?:--index-url|--extra-index-url|--find-links)[ =]\S*//"
)
UNFINISHED = re.compile(r"\bNotImplementedError\b|# type: ignore(?!\[)|except Exception:\s*pass\b")
UNFINISHED_RUST = re.compile(r"\b(?:TODO|FIXME|XXX)\b|\b(?:todo|unimplemented)!")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def lengths_and_names() -> Iterator[str]:
    """Rules 1 and 2."""
    for name in files(".py", ".rs"):
        if name.parts[0] in COUNTED and (lines := text(name).count("\n")) > LONGEST:
            yield f"{name}: {lines} lines; a file that wants to pass {LONGEST} wants to be two"
        vague = VAGUE & {part.removesuffix(".py").strip("_") for part in name.parts}
        if vague:
            yield f"{name}: `{min(vague)}` says nothing about what is in it"


def places() -> Iterator[str]:
    """Rule 3."""
    for name in files():
        for number, line in enumerate(text(name).splitlines(), 1):
            if MACHINE.search(line):
                yield f"{name}:{number}: a path of one machine; make it relative"
            if INDEX.search(line) and name.name != Path(__file__).name:
                yield f"{name}:{number}: a package index; that is each machine's own setting"


def unfinished() -> Iterator[str]:
    """Rule 4; ruff refuses TODO and its kin."""
    for name in files(".py"):
        if name.parts[0] == "src":
            for number, line in enumerate(text(name).splitlines(), 1):
                if UNFINISHED.search(line):
                    yield f"{name}:{number}: unfinished, or an ignore without its code"
    for name in files(".rs"):
        for number, line in enumerate(text(name).splitlines(), 1):
            if UNFINISHED_RUST.search(line):
                yield f"{name}:{number}: unfinished"


def locks() -> Iterator[str]:
    """Rule 5."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"]
    extras = [
        line for extra in project["project"]["optional-dependencies"].values() for line in extra
    ]
    groups = project["dependency-groups"]
    alone = {"native": [], "bench": runtime}  # what else a list of its own holds
    shared = [group for name, group in groups.items() if name not in alone]
    tools = [line for group in shared for line in group if isinstance(line, str)]
    build = [*project["build-system"]["requires"], *groups["build"]]
    wanted = {
        "runtime": runtime,
        "build": build,
        "dev": [*runtime, *extras, *tools],
    }
    if "://" in (ROOT / "rust" / "crates.lock").read_text():
        yield "rust/crates.lock: holds an address; run `make lock`"
    wanted |= {name: [*alone[name], *groups[name]] for name in alone if name in groups}
    for kind, lines in wanted.items():
        locked = (ROOT / "requirements" / f"{kind}.txt").read_text()
        if "://" in locked:
            yield f"requirements/{kind}.txt: holds an address"
        pins = {canonicalize_name(name): version for name, version in PIN.findall(locked)}
        for requirement in map(Requirement, lines):
            version = pins.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                yield f"requirements/{kind}.txt: does not satisfy `{requirement}`; run `make lock`"


def main() -> int:
    """Print every breach; 1 if there is one."""
    breaches = [*lengths_and_names(), *places(), *unfinished(), *locks()]
    print("\n".join(breaches))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
