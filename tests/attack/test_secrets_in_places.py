"""A secret in a path is shown by no error that says where something went wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockgate.cli.main import invoke
from lockgate.errors import Position
from small_project import change, make_project

SECRET = "Tr0ub4dor"


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (f"s3://k:{SECRET}" + "@b/x.csv", "s3://[redacted]@b/x.csv"),
        (f"s3:/k:{SECRET}" + "@b/x.csv", "s3:/[redacted]@b/x.csv"),
        (f"s3://k:a/{SECRET}/c" + "@b/x.csv", "s3://[redacted]@b/x.csv"),
        (f"https://{SECRET}" + "@b/x", "https://[redacted]@b/x"),
        (f"https://k:a@{SECRET}" + "@b/x", "https://[redacted]@b/x"),
        (f"/srv/p/s3://k:{SECRET}" + "@b/x", "/srv/p/s3://[redacted]@b/x"),
        (f"https://b/x?sv=1&sig={SECRET}", "https://b/x?[redacted]"),
        (f"https://k:{SECRET}?a=b" + "@b/x", "https://[redacted]@b/x"),
    ],
)
def test_credentials_in_an_address(file: str, shown: str) -> None:
    assert SECRET not in repr(Position(file, 3))
    assert Position(file, 3).file == shown


@pytest.mark.parametrize(
    "file",
    [
        "data/ann@example.org.csv",
        "/home/ann@office/x.csv",
        "s3://b/ann@x.csv",
        "data/*/2026-??.csv",
        "C:/ann@office/x.csv",
        "s3://b/x?.csv",
        "pipelines/people.yaml",
    ],
)
def test_what_is_no_credential_stays(file: str) -> None:
    assert str(Position(file, 3, 4)) == f"{file}:3:4"


@pytest.mark.parametrize("words", [["run", "people"], ["run", "people", "--json"], ["check"]])
def test_a_source_whose_path_holds_a_secret(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project(tmp_path / "people")
    address = f"s3://k:{SECRET}" + "@b/x.csv"
    change(project / "pipelines/people.yaml", "data/people.csv", json.dumps(address))
    assert invoke([*words, "--project", str(project)]) != 0
    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
