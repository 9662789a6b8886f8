"""Project files written to hurt: bombs, object tags, links out, and secrets that must not echo."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from lockgate.assemble.project_file import load_project
from lockgate.assemble.yaml_document import parse_document
from lockgate.errors import ConfigurationError

HEAD = "lockgate: 1\nproject: clinic\n"
SECRET = "hunter2-S3cr3t-V4lue"


def refused(content: bytes, seconds: float = 5.0) -> list[str]:
    start = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        parse_document(content, "lockgate.yaml")
    assert time.monotonic() - start < seconds
    return [str(problem) for problem in caught.value.problems]


def load(folder: Path, text: str) -> str:
    (folder / "lockgate.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_project(folder)
    error = caught.value
    return "\n".join([str(error), error.hint, *map(str, error.problems)])


def test_billion_laughs() -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    found = refused("\n".join(lines).encode())
    assert all("anchors" in line or "aliases" in line for line in found)


def test_an_alias_to_itself() -> None:
    assert "anchors are not allowed" in refused(b"a: &a [*a]")[0]


@pytest.mark.parametrize("opening", [b"[", b"{a: ", b"- ", b"? ", b"a:\n" + b" "])
def test_deep_nesting(opening: bytes) -> None:
    assert refused(opening * 100_000)


def test_problems_without_end_are_not_all_told() -> None:
    assert len(refused(b"a: 1\n" * 100_000)) == 100


def test_deep_block_nesting() -> None:
    content = "".join(" " * i + "a:\n" for i in range(500)).encode()
    assert "config_depth" in refused(content)[0]


def test_a_file_of_five_megabytes_is_not_even_parsed() -> None:
    assert "config_bytes" in refused(b"a: " + b"x" * (5 << 20), seconds=0.5)[0]


def test_a_growing_file_is_read_only_up_to_the_limit(tmp_path: Path) -> None:
    with (tmp_path / "lockgate.yaml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigurationError) as caught:
        load_project(tmp_path)
    assert "config_bytes" in str(caught.value.problems[0])


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system [touch pwned]",
        "!!python/object:os.system {}",
        "!!python/name:os.system",
        "!<tag:yaml.org,2002:python/module:os> x",
        "!!binary aGk=",
        "!!timestamp 2024-01-01",
        "!!set {a, b}",
    ],
)
def test_no_tag_reaches_a_constructor(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert any("tags are not allowed" in line for line in refused(f"a: {tag}".encode()))
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "content",
    [b"\x00\x01\x02", b"\xff\xfe", bytes(range(256)), b"\x7fELF", b"PAR1\x00", b"a: \x1b[31m"],
)
def test_binary_junk(content: bytes) -> None:
    assert refused(content)[0].startswith("lockgate.yaml:")


def test_a_duplicate_key_cannot_hide_a_weaker_rule(tmp_path: Path) -> None:
    text = HEAD + "zones:\n  z: {rules: {pii: deny}}\n  z: {rules: {pii: allow}}\n"
    assert "stands here twice" in load(tmp_path, text)


def test_a_named_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lockgate.yaml")
    with pytest.raises(ConfigurationError) as caught:
        load_project(tmp_path)
    assert "not a plain file" in str(caught.value.problems[0])


def test_links_and_dots_do_not_lead_out_of_the_project(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.odcs.yaml").write_text(f"{SECRET}: 1\n")
    (outside / "x.yaml").write_text(f"{SECRET}: 1\n")
    (outside / "m.py").write_text("raise SystemExit\n")
    folder = tmp_path / "project"
    for name in ("contracts", "policy", "pipelines"):
        (folder / name).mkdir(parents=True)
    (folder / "contracts/a.odcs.yaml").symlink_to(outside / "x.odcs.yaml")
    (folder / "policy/a.yaml").symlink_to(outside / "x.yaml")
    (folder / "pipelines/a.yaml").symlink_to(outside / "x.yaml")
    (folder / "m.py").symlink_to(outside / "m.py")
    text = HEAD + (
        "contracts:\n  b: {file: ../outside/x.odcs.yaml}\n  c: {python: 'm:X'}\n"
        f"  d: {{file: {outside}/x.odcs.yaml}}\n  e: {{file: contracts/a.odcs.yaml}}\n"
    )
    found = load(folder, text)
    assert found.count("outside the project's folder") == 7
    assert SECRET not in found


@pytest.mark.parametrize(
    "module", ["os:environ", "subprocess:Popen", "..m:X", "pydantic:BaseModel"]
)
def test_a_python_contract_is_never_an_installed_module(tmp_path: Path, module: str) -> None:
    found = load(tmp_path, HEAD + f"contracts:\n  c: {{python: {module!r}}}\n")
    assert "no module" in found or "not written as it must be" in found


def test_a_projects_module_shadows_no_library(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('shadow')\n")
    (tmp_path / "models.py").write_text("import json\njson.dumps(1)\nraise KeyError('x')\n")
    found = load(tmp_path, HEAD + "contracts:\n  c: {python: 'models:X'}\n")
    assert "models.py:3: LG-102 module models cannot be imported (KeyError)" in found
    assert str(tmp_path) not in sys.path


def test_an_error_inside_a_module_does_not_tell_its_text(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(f"raise ValueError({SECRET!r})\n")
    found = load(tmp_path, HEAD + "contracts:\n  c: {python: 'models:X'}\n")
    assert "(ValueError)" in found
    assert SECRET not in found


@pytest.mark.parametrize(
    "text",
    [
        f"state: postgresql://u:{SECRET}@db/x\n",
        f"state: postgresql://db/x?password={SECRET}\n",
        f"state: mysql://u:{SECRET}@db/x\n",
        f"ledger: {{public_key: {SECRET}}}\n",
        f"keys: {{service: {SECRET}}}\n",
        f"environment: '{SECRET}'\n",
        f"zones: {{z: {{rules: {{pii: {{mask: {{fill: {SECRET}}}}}}}}}}}\n",
        f"zones: {{z: {{influence: {{pii: {SECRET}}}}}}}\n",
        f"zones: {{z: {{trusted: {SECRET}}}}}\n",
        f"pipelines: {{p: {{purpose: [{SECRET}], source: {SECRET}, sinks: {SECRET}}}}}\n",
        f"a: '{SECRET}' b\n",
        f'a: "{SECRET}\\q"\n',
        f"a: *{SECRET}\n",
        f"a: !{SECRET} b\n",
        f"a: [{SECRET}\n",
    ],
)
def test_no_value_of_a_file_stands_in_an_error(tmp_path: Path, text: str) -> None:
    assert SECRET not in load(tmp_path, HEAD + text)


def test_environment_variables_are_not_interpolated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAK", SECRET)
    found = load(tmp_path, HEAD + "environment: ${LEAK}\n")
    assert "environment is not written as it must be" in found
