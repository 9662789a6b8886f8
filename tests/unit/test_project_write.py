"""A starter reads back; adding and labelling keep what stands there."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from lockgate.assemble.project_file import load_project
from lockgate.assemble.project_write import append_to_project, new_project_text, set_labels
from lockgate.errors import ConfigurationError, LabelError

KEY = "A" * 43 + "="


def contract(identity: str = "people") -> dict[str, Any]:
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": identity,
        "name": identity,
        "version": "1.0.0",
        "status": "draft",
        "schema": [
            {
                "name": identity,
                "logicalType": "object",
                "properties": [
                    {"name": "mail", "logicalType": "string"},
                    {
                        "name": "sex",
                        "logicalType": "string",
                        "customProperties": [{"property": "lockgate.label", "value": "pii"}],
                    },
                ],
            }
        ],
    }


PIPELINE = {
    "purpose": "study",
    "source": {"contract": "people", "path": "p.csv", "format": "csv"},
    "sinks": {"analytics": {"zone": "analytics", "path": "out", "format": "parquet"}},
}


def project(folder: Path, **sections: Any) -> Path:
    file = folder / "lockgate.yaml"
    file.write_text(new_project_text("clinic", KEY, **sections), encoding="utf-8")
    return file


def test_a_starter_is_a_project_and_explains_itself(tmp_path: Path) -> None:
    text = project(tmp_path, protection="passphrase", roots={"read": ["in"], "write": ["out"]})
    loaded = load_project(text)
    assert loaded.keys.protection == "passphrase"
    assert loaded.roots.write == (tmp_path / "out",)
    assert "docs/reference/project-file.md" in text.read_text()


def test_the_starters_examples_are_valid_when_uncommented(tmp_path: Path) -> None:
    file = project(tmp_path)
    starts = ("# zones:", "# pipelines:", "#   ")
    lines = [
        line[2:] if line.startswith(starts) else line for line in file.read_text().splitlines()
    ]
    text = "\n".join(line for line in lines if "patients" not in line or "contract:" in line)
    text = text.replace("contract: patients", "contract: people")
    file.write_text(text.replace("  visits: ", "# visits: "), encoding="utf-8")
    append_to_project(file, {"people": contract()}, {})
    assert set(load_project(file).pipelines) == {"nightly"}


def test_adding_keeps_comments_order_and_permissions(tmp_path: Path) -> None:
    file = project(tmp_path)
    file.write_text(file.read_text() + "\n# mine\nenvironment_note_is_a_comment: 1\n".replace(
        "environment_note_is_a_comment: 1", "# end"), encoding="utf-8")  # fmt: skip
    file.chmod(0o600)
    before = file.read_text()
    append_to_project(file, {"people": contract()}, {"nightly": PIPELINE})
    append_to_project(file, {"others": contract("others")}, {})
    after = file.read_text()
    assert [line for line in before.splitlines() if line.strip()] == [
        line for line in after.splitlines() if line.strip() and line in before
    ][: len([line for line in before.splitlines() if line.strip()])]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    loaded = load_project(file)
    assert list(loaded.contracts) == ["people", "others"]
    assert list(loaded.pipelines) == ["nightly"]
    assert not list(tmp_path.glob(".lockgate-*"))


def test_a_name_that_is_taken_changes_nothing(tmp_path: Path) -> None:
    file = project(tmp_path, contracts={"people": contract()})
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="people already"):
        append_to_project(file, {"people": contract()}, {})
    assert file.read_bytes() == before


def test_a_malformed_project_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "lockgate.yaml"
    file.write_text("a: &x 1\n")
    with pytest.raises(ConfigurationError):
        append_to_project(file, {"people": contract()}, {})
    assert file.read_text() == "a: &x 1\n"


def test_labels_are_set_inline_and_in_files_with_comments_kept(tmp_path: Path) -> None:
    file = project(tmp_path, contracts={"people": contract()})
    (tmp_path / "contracts").mkdir()
    other = tmp_path / "contracts" / "others.odcs.yaml"
    text = (
        "# about others\n"
        "apiVersion: v3.1.0\nkind: DataContract\nid: others\nname: others\nversion: 1.0.0\n"
        "status: draft\nschema:\n  - name: others\n    logicalType: object\n    properties:\n"
        "      - name: mail   # how to reach them\n        logicalType: string\n"
    )
    other.write_text(text)
    left = set_labels(
        file,
        {
            ("people", "mail"): "pii.email",
            ("people", "sex"): "pii.gender+confidential",
            ("others", "mail"): "public",
        },
    )
    assert left == ()
    loaded = load_project(file)
    people = loaded.contracts["people"]
    assert people.column("mail").labels.texts() == ("pii.email",)
    assert people.column("sex").labels.texts() == ("confidential", "pii.gender")
    assert loaded.contracts["others"].column("mail").labels.public
    assert all(line in other.read_text() for line in text.splitlines())


def test_a_label_that_does_not_exist_is_not_written(tmp_path: Path) -> None:
    file = project(tmp_path, contracts={"people": contract()})
    before = file.read_bytes()
    with pytest.raises(LabelError):
        set_labels(file, {("people", "mail"): "pii.emial"})
    with pytest.raises(ConfigurationError, match="no column"):
        set_labels(file, {("people", "zzz"): "pii.email"})
    assert file.read_bytes() == before


def test_a_models_columns_are_left_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(
        "from pydantic import BaseModel\nclass V(BaseModel):\n a: int\n"
    )
    file = project(tmp_path, contracts={"visits": {"python": "models:V"}})
    assert set_labels(file, {("visits", "a"): "public"}) == (("visits", "a"),)
