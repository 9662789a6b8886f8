"""Key services in a project's file, in `doctor`, and moved to from the local root key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from key_servers.http_server import CUT, Answer
from key_servers.kinds import Running, as_yaml, running
from key_servers.projects import make_remote_project
from lockgate.assemble.project_file import load_project
from lockgate.assemble.workspace import Workspace
from lockgate.cli.main import invoke
from lockgate.errors import ConfigurationError
from small_project import make_project

Command = Callable[..., tuple[int, str, str]]
PUBLIC = "ledger: {public_key: " + "A" * 43 + "=}\n"
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VAULT = {"service": "vault", "address": "https://v.example.org", "key": "k"}
TOKEN = {"token": "secret://env/T"}


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("google-kms", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command; gives its exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = invoke(words)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def doctor(command: Command, project: Path) -> tuple[int, dict[str, str]]:
    code, printed, _ = command("doctor", "--project", str(project), "--json")
    (found,) = [f for f in json.loads(printed)["findings"] if f["what"] == "key service"]
    return code, found


def test_doctor_says_that_the_service_works(
    google: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    project = make_remote_project(tmp_path / "people", google, monkeypatch)
    code, found = doctor(command, project)

    assert (code, found["state"]) == (0, "ok")
    assert found["found"].startswith("google-kms:projects/clinic/")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (CUT, "does not answer"),
        (Answer.of({"error": {"message": "canary"}}, 403), "denies it"),
        (Answer.of({"error": {"message": "canary"}}, 404), "nothing of that name"),
        (Answer.of({"error": {"message": "canary"}}, 429), "busy"),
    ],
    ids=["cut", "denied", "missing", "busy"],
)
def test_doctor_says_what_is_wrong_and_what_to_do(
    google: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Command,
    answer: Answer,
    said: str,
) -> None:
    project = make_remote_project(tmp_path / "people", google, monkeypatch)
    google.front.meddle = lambda asked, told: answer
    try:
        code, found = doctor(command, project)
    finally:
        google.front.meddle = lambda asked, told: told

    assert (code, found["state"]) == (9, "failed")
    assert said in found["found"]
    assert found["advice"]
    assert "canary" not in json.dumps(found)


def test_a_project_on_another_root_key_is_refused(
    google: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    project = make_remote_project(tmp_path / "people", google, monkeypatch)
    file = project / "lockgate.yaml"
    file.write_text(file.read_text().replace("cryptoKeys/people", "cryptoKeys/other"))
    code, _, printed = command("run", "people", "--project", str(project))

    assert code == 7
    assert "another root key" in printed
    assert not (project / "out").exists()


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"service": "kms"}, "service is one of local, vault"),
        ({**VAULT, "auth": {}}, "exactly one way"),
        ({**VAULT, "auth": {**TOKEN, "kubernetes": {"role": "r"}}}, "exactly one way"),
        ({**VAULT, "auth": {"token": "canary"}}, "token is a reference to a secret"),
        ({**VAULT, "auth": TOKEN, "address": "http://v.example.org"}, "address is not an address"),
        (
            {**VAULT, "auth": TOKEN, "address": "https://u" + ":canary@v.org"},
            "address is not an addr",
        ),
        ({**VAULT, "auth": TOKEN, "verify": False}, "unknown key verify"),
        ({**VAULT, "auth": TOKEN, "protection": "file"}, "unknown key protection"),
        ({"service": "aws-kms", "region": "eu-central-1", "key": "alias/canary"}, "key is not w"),
        ({"service": "aws-kms", "key": ARN}, "the key region is missing"),
        (
            {"service": "aws-kms", "region": "eu-central-1", "key": ARN, "access_key": "canary"},
            "access_key is a mapping",
        ),
        ({"service": "google-kms", "key": "projects/p/canary"}, "key is not written"),
        ({"service": "azure-key-vault", "vault": "clinic", "key": "k"}, "vault is not an address"),
    ],
)
def test_a_mistake_in_the_section_is_told_and_not_shown(
    tmp_path: Path, section: dict[str, object], problem: str
) -> None:
    line = "keys: " + json.dumps(section) + "\n"
    (tmp_path / "lockgate.yaml").write_text("lockgate: 1\nproject: clinic\n" + PUBLIC + line)
    with pytest.raises(ConfigurationError) as refused:
        load_project(tmp_path)
    told = [str(one) for one in refused.value.problems]

    assert any(problem in one and ":4:" in one for one in told), told
    assert "canary" not in "".join(told)


def test_keys_move_from_the_local_root_key(
    google: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    for name, value in google.variables.items():
        monkeypatch.setenv(name, value)
    project = make_project(tmp_path / "people")
    with Workspace.open(project) as workspace:
        workspace.run("people")
    line = as_yaml({**google.section("moved"), "previous": {"service": "local"}}, google.kind)
    file = project / "lockgate.yaml"
    before, _, rest = file.read_text().partition("keys:\n")
    after = rest[rest.index("\n\n") :] if "\n\n" in rest else rest
    file.write_text(before + line + after)
    code, _, printed = command(
        "keys", "move", "--project", str(project), "--purpose", "to the cloud"
    )
    assert code == 0, printed
    (project / ".lockgate" / "root.key").unlink()
    file.write_text(file.read_text().replace(', "previous": {"service": "local"}', ""))
    with Workspace.open(project) as workspace:
        (part,) = project.glob("out/study/run-*/part-*.csv")
        (token, *_) = pacsv.read_csv(part).column("email").to_pylist()
        assert workspace.reveal_values([token], purpose="test") == ["ann@example.org"]
