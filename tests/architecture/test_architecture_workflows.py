"""What the workflows may do: run pinned actions, with no more rights than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
PINNED = re.compile(r"uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40}) +# v\d+\.\d+\.\d+$")
WORKFLOWS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yml"))}


def parsed(name: str) -> Any:
    return YAML(typ="safe", pure=True).load(WORKFLOWS[name])


def test_every_action_is_pinned_by_commit_and_everywhere_to_the_same() -> None:
    commits: dict[str, set[str]] = {}
    for name, text in WORKFLOWS.items():
        for line in text.splitlines():
            if "uses:" in line:
                found = PINNED.search(line)
                assert found, f"{name}: {line.strip()}"
                commits.setdefault(found[1], set()).add(found[2])

    assert commits
    assert all(len(found) == 1 for found in commits.values()), commits


@pytest.mark.parametrize("name", WORKFLOWS)
def test_rights_are_few(name: str) -> None:
    workflow = parsed(name)

    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        rights = job.get("permissions", {})
        assert set(rights) <= {"contents", "id-token", "attestations"}
        assert rights.get("contents", "read") == "read"
    assert "secrets." not in WORKFLOWS[name]
    assert "pull_request_target" not in WORKFLOWS[name]


def test_checkouts_leave_no_credentials_behind() -> None:
    for text in WORKFLOWS.values():
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_only_a_tag_releases_and_only_what_publishes_may_sign() -> None:
    workflow = parsed("release")
    # YAML 1.1 would read `on` as true.
    assert workflow["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    signing = {n for n, j in workflow["jobs"].items() if "id-token" in j["permissions"]}

    assert signing == {"attest", "publish"}
    assert workflow["jobs"]["publish"]["environment"] == "release"
    for name in signing:
        assert not any("run" in step for step in workflow["jobs"][name]["steps"])


def test_the_released_kernel_is_built_as_everywhere() -> None:
    pinned = (FOLDER.parents[1] / "requirements" / "native.txt").read_text(encoding="utf-8")

    found = re.search(r"^maturin==(\S+)", pinned, re.MULTILINE)
    assert found
    assert parsed("release")["env"]["MATURIN"] == f"v{found[1]}"
