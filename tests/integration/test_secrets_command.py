"""``lockgate secrets``, ``check`` and ``doctor`` say everything about secrets but the secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import PlanRefused
from lockgate.ledger.event import RunRefused
from small_project import change, make_project

SECRET = "hunter2-in-a-store"
LITERAL = "tr0ub4dor-in-a-file"
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = make_project(tmp_path / "people")
    with (made / "lockgate.yaml").open("a", encoding="utf-8") as file:
        file.write("secrets:\n  app: {store: environment, prefix: CLINIC_}\n")
    (made / "steps.py").write_text(
        'HERE = "secret://app/PW"\nTHERE = "secret://app/OTHER#password"\n', encoding="utf-8"
    )
    return made


@pytest.fixture
def call(project: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str) -> tuple[int, str]:
        code = invoke([*words, "--project", str(project)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def test_list_names_each_reference_its_store_and_its_place(call: Call, project: Path) -> None:
    code, told = call("secrets", "list", "--json")
    found = json.loads(told)["references"]
    assert code == 0
    assert [(one["reference"], one["store"]) for one in found] == [
        ("secret://app/OTHER#password", "environment"),
        ("secret://app/PW", "environment"),
    ]
    assert found[0]["places"] == [{"file": str(project / "steps.py"), "line": 2, "column": 9}]
    code, told = call("secrets", "list")
    assert "steps.py:2:9" in told


def test_list_asks_no_store(call: Call) -> None:
    code, told = call("secrets", "list")
    assert (code, "not set" in told) == (0, False)


def test_check_says_what_is_found_and_what_is_missing_and_no_value(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_PW", SECRET)
    monkeypatch.setenv("CLINIC_OTHER", json.dumps({"user": SECRET}))
    code, told = call("secrets", "check", "--json")
    states = {one["reference"]: one for one in json.loads(told)["secrets"]}
    assert code == 7
    assert states["secret://app/PW"]["state"] == "found"
    assert states["secret://app/PW"]["version"] == "process"
    assert states["secret://app/OTHER#password"]["state"] == "missing"
    for words in (("secrets", "check"), ("doctor",), ("secrets", "check", "--json")):
        code, told = call(*words)
        assert code != 0
        assert SECRET not in told
    before = call("secrets", "check")
    monkeypatch.setenv("CLINIC_PW", SECRET * 3)
    assert call("secrets", "check") == before  # nor how long it is
    monkeypatch.setenv("CLINIC_OTHER", json.dumps({"password": SECRET}))
    assert call("secrets", "check")[0] == 0
    code, told = call("doctor", "--json")
    assert {
        "what": "secrets",
        "state": "ok",
        "found": "2 referred to, all found",
        "advice": "",
    } in (json.loads(told)["findings"])


def test_a_variable_that_is_not_set_is_named_as_it_must_be_set(call: Call) -> None:
    code, told = call("secrets", "check", "--json")
    hints = {one["hint"] for one in json.loads(told)["secrets"]}
    assert code == 7
    assert hints == {"set CLINIC_PW where this runs", "set CLINIC_OTHER where this runs"}


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [
        ("steps.py", f'password = "{LITERAL}"\n', "steps.py:3:12"),
        ("policy/zones.yaml", f"# password: {LITERAL}\n", "policy/zones.yaml:7:13"),
        ("steps/join.sql", f"ATTACH 'host=db password={LITERAL}'\n", "steps/join.sql:1:26"),
        ("pipelines/people.yaml", f"# postgresql://app:{LITERAL}@db/x\n", "people.yaml:9:20"),
        ("contracts/people.odcs.yaml", f"# token: {LITERAL}\n", "people.odcs.yaml:31:10"),
    ],
)
def test_a_secret_in_any_file_refuses_the_project(
    call: Call, project: Path, file: str, line: str, place: str
) -> None:
    assert call("check")[0] == 0
    (project / file).parent.mkdir(exist_ok=True)
    with (project / file).open("a", encoding="utf-8") as opened:
        opened.write(line)
    code, told = call("check")
    assert code == 4
    assert "literal-secret" in told
    assert place in told.replace("\n", "")
    assert "secret://env/NAME" in told or file.endswith(".sql")
    assert LITERAL not in told
    code, told = call("check", "people", "--sarif")
    results = json.loads(told)["runs"][0]["results"]
    assert code == 4
    assert [one["ruleId"] for one in results] == ["literal-secret"]
    assert LITERAL not in told


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [
        ("steps.py", f'password = "{LITERAL}"\n', "steps.py:3:12"),
        ("contracts/people.odcs.yaml", f"# token: {LITERAL}\n", "people.odcs.yaml:31:10"),
    ],
)
def test_a_run_proves_again_that_no_file_holds_a_secret(
    call: Call, project: Path, file: str, line: str, place: str
) -> None:
    before = (project / file).read_text(encoding="utf-8")
    (project / file).write_text(before + line, encoding="utf-8")
    code, told = call("run", "people")
    assert code == 4
    assert place in told.replace("\n", "")
    assert LITERAL not in told
    assert not list(project.glob("out/*"))
    with Workspace.open(project) as workspace:
        events = [entry.event for entry in workspace.ledger.read()]
        assert [one.code for one in events if isinstance(one, RunRefused)] == ["LG-201"]
    (project / file).write_text(before, encoding="utf-8")
    assert call("run", "people")[0] == 0
    (project / file).write_text(before + line, encoding="utf-8")
    with Workspace.open(project) as workspace:
        run = workspace.quarantine_list()[0].run_id
        with pytest.raises(PlanRefused, match="stands in clear"):
            workspace.quarantine_replay(run)


def test_a_run_looks_by_our_own_rules_and_check_by_all_known_formats(
    call: Call, project: Path
) -> None:
    with (project / "policy/zones.yaml").open("a", encoding="utf-8") as file:
        file.write(f"# as SG.{'a1B2' * 5}ab.{'c3D4' * 10}efg said\n")  # SendGrid's form
    assert call("check")[0] == 4
    assert call("run", "people")[0] == 0


def test_a_reference_in_python_to_a_store_that_is_not_there(call: Call, project: Path) -> None:
    change(project / "steps.py", "secret://app/PW", "secret://vault/PW")
    code, told = call("check")
    assert code == 4
    assert "unknown-secret-store" in told
    assert "steps.py:1:8" in told.replace("\n", "")


@pytest.mark.parametrize("words", [["check"], ["run", "people"]])
def test_an_ordinary_project_does_not_load_the_detectors(project: Path, words: list[str]) -> None:
    """They bring an HTTP library along, so a line must be worth it."""
    import subprocess
    import sys

    probe = (
        "import sys\n"
        "from lockgate.cli.main import invoke\n"
        f"code = invoke([*{words!r}, '--project', {str(project)!r}, '--json'])\n"
        "sys.exit(code or 'detect_secrets' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    assert done.returncode == 0


def test_doctor_says_what_it_knows_when_the_state_does_not_open(call: Call, project: Path) -> None:
    change(
        project / "lockgate.yaml",
        "state: sqlite",
        "state: {url: 'postgresql://a@127.0.0.1:1/x', password: secret://env/NOT_SET_ANYWHERE}",
    )
    code, told = call("doctor", "--json")
    found = {(one["what"], one["state"]) for one in json.loads(told)["findings"]}
    assert code == 9
    assert {("project", "ok"), ("secrets", "failed"), ("permissions", "ok")} <= found
    assert "set NOT_SET_ANYWHERE where this runs" in told


def test_doctor_warns_of_a_dotenv_file_in_production(call: Call, project: Path) -> None:
    (project / ".env").write_text("A=1\n", encoding="utf-8")
    assert ".env lies here" not in call("doctor")[1]
    change(project / "lockgate.yaml", "environment: development", "environment: production")
    assert ".env lies here" in call("doctor")[1]
