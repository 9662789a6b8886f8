"""Attacks on the first hour: what is shown is what is done, and names are not data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lockgate.assemble import first_hour
from lockgate.assemble.create import create_project
from lockgate.assemble.first_hour import protect_file, sample_file
from lockgate.errors import LockgateError, PlanRefused, SourceError, UsageError
from lockgate.run.ports import InputFile, Source

CANARIES = ("canary1@example.com", "078-05-1120", "canary2@example.com")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def proposed(path: Path, folder: Path) -> dict[str, str]:
    return {p.column: p.label for p in sample_file(path, folder).proposals}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "canary1@example.com,Zygfryda,078-05-1120,42\ncanary2@example.com,Bob,x,43\n"),
        ("b.csv", "Anna,Maria,Peter\nPaul,Eva,Otto\n"),
        ("c.jsonl", '{"canary1@example.com": 1}\n{"canary2@example.com": 2}\n'),
        ("d.csv", "id,2024-01-31\n1,2\n"),
    ],
)
def test_a_first_row_of_data_taken_for_names(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SourceError, match="look like data") as caught:
        sample_file(write(tmp_path / name, text), tmp_path / "out")
    assert not any(canary in str(caught.value) for canary in CANARIES)


def test_honest_names_pass(tmp_path: Path) -> None:
    text = "id,2023,2024,may,june,e-mail,phone 2\n1,2,3,4,5,a@b.org,\n"
    assert len(proposed(write(tmp_path / "a.csv", text), tmp_path / "out")) == 7


def test_a_project_whose_policy_is_weaker_than_the_shipped_one_is_shown_as_it_is(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "prepared"
    create_project(folder, "prepared")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("zones:\n  analytics: {rules: {pii: allow}}\n")
    path = write(tmp_path / "a.csv", "email\ncanary1@example.com\n")
    policy = sample_file(path, folder).policy
    assert str(policy.zone("analytics").rules[0].rule) == "allow"


@pytest.mark.parametrize("rows", [200, 100])
def test_a_file_swapped_between_the_scan_and_the_run(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found harmless is what may leave in clear, though the swap may be of any size."""
    head = "currency,email\n"
    clean = "".join(f"town{i % 7},p{i}@example.org\n" for i in range(200))
    evil = "".join(f"leak{i}@example.org,p{i}@example.org\n" for i in range(rows))
    path, folder = write(tmp_path / "people.csv", head + clean), tmp_path / "out"
    scan = first_hour.refuse_leaks

    def scan_then_swap(trusted: Sequence[str], source: Source) -> Sequence[InputFile] | None:
        seen = scan(trusted, source)
        assert list(trusted) == ["currency"]
        write(path, head + evil)
        return seen

    monkeypatch.setattr(first_hour, "refuse_leaks", scan_then_swap)
    sampled = sample_file(path, folder)
    labels = {p.column: p.label for p in sampled.proposals}
    with pytest.raises(SourceError, match="changed"):
        protect_file(sampled, folder, labels, purpose="test")
    assert not list(folder.rglob("part-*"))


def test_a_policy_changed_between_the_screen_and_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "prepared"
    create_project(folder, "prepared", roots={"read": [str(tmp_path)], "write": ["."]})
    sampled = sample_file(write(tmp_path / "a.csv", "email\ncanary1@example.com\n"), folder)
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("zones:\n  analytics: {rules: {pii: allow}}\n")
    with pytest.raises(PlanRefused, match="not the one that was shown"):
        protect_file(sampled, folder, {"email": "pii.email"}, purpose="test")
    assert not list(folder.rglob("part-*"))


def test_values_that_turn_up_after_the_sample_in_a_column_taken_for_harmless(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{i},active\n" for i in range(10_050))
    path = write(tmp_path / "a.csv", f"id,status\n{rows}1,{CANARIES[0]}\n")
    sampled = sample_file(path, tmp_path / "out")
    labels = {p.column: p.label for p in sampled.proposals}
    assert labels["status"] == "public"
    with pytest.raises(PlanRefused, match="column status.* 1 of its values") as caught:
        protect_file(sampled, tmp_path / "out", labels, purpose="test")
    assert CANARIES[0] not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_making_a_project_where_another_process_just_did_leaves_it_alone(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    create_project(folder, "first")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "lockgate.yaml").rename(tmp_path / "aside")  # the other has not written it yet
    with pytest.raises(UsageError, match="there already"):
        create_project(folder, "second")
    (tmp_path / "aside").rename(folder / "lockgate.yaml")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_project_file_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    create_project(tmp_path / "p", "p")
    (tmp_path / "p/lockgate.yaml").chmod(0o666)
    path = write(tmp_path / "a.csv", "email\ncanary1@example.com\n")
    with pytest.raises(LockgateError, match="everybody"):
        sample_file(path, tmp_path / "p")


def test_stray_values_in_a_column_of_genders_are_rejected(tmp_path: Path) -> None:
    rows = "".join(f"{i},{'male' if i % 2 else 'female'}\n" for i in range(200))
    path = write(tmp_path / "a.csv", f"id,gender\n{rows}201,Bob Smith\n")
    sampled = sample_file(path, tmp_path / "out")
    labels = {p.column: p.label for p in sampled.proposals}
    assert labels["gender"] == "pii.gender"
    result = protect_file(sampled, tmp_path / "out", labels, purpose="test")
    assert result.receipt.rejected_by_reason == {"gender: literal_error": 1}
    released = next(iter((tmp_path / "out").rglob("part-*.csv"))).read_text()
    assert "Bob Smith" not in released
