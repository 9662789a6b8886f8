"""Providers of one issuer: a project takes only those whose tokens can be told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_project_file import HEAD, problems, write

from lockgate.assemble.project_file import load_project

ISSUER = "https://id.example.org"


def project(folder: Path, *providers: str) -> Path:
    lines = [
        f"    p{number}: {{issuer: {ISSUER}, {one}}}\n" for number, one in enumerate(providers)
    ]
    return write(folder, {"lockgate.yaml": HEAD + "access:\n  providers:\n" + "".join(lines)})


PEOPLE, JOBS = "audience: a", "kind: services, audience: a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PEOPLE, JOBS),
        (PEOPLE, PEOPLE),
        (PEOPLE + ", subjects: [ada]", JOBS),
        (JOBS + ", subjects: [bot]", JOBS),
        (JOBS + ", subjects: [bot]", JOBS + ", subjects: [bot]"),
        (PEOPLE, "kind: workloads, audience: a"),
    ],
)
def test_one_token_for_two_providers_of_one_issuer(one: str, other: str, tmp_path: Path) -> None:
    (problem,) = problems(project(tmp_path, one, other))
    assert "one token could stand for two: p0 and p1" in problem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PEOPLE, JOBS + ", subjects: [bot]"),
        (PEOPLE, "kind: services, audience: b"),
        (JOBS + ", subjects: [bot]", JOBS + ", subjects: [job]"),
    ],
)
def test_providers_that_are_told_apart(one: str, other: str, tmp_path: Path) -> None:
    assert len(load_project(project(tmp_path, one, other)).access.providers) == 2
