"""A pipeline runs with its database's password from every store, through rotations and outages."""

from __future__ import annotations

import json
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres_server import Server
from secret_servers import (
    CLIENT,
    TENANT,
    Cloud,
    GoogleAccount,
    OpenBao,
    azure_reply,
    google_reply,
    https,
    moto,
    openbao,
)
from test_secrets_remote_stores import put_aws
from test_secrets_store_laws import FakeKeyring

from lockgate.adapters.secret_stores import os_keyring
from lockgate.assemble.workspace import Workspace
from lockgate.errors import LockgateError, SecretUnavailable
from lockgate.run.runner import RunStatus
from small_project import change, make_project

FIRST, SECOND = "first-pässword-1", "second-pässword-2"


@dataclass
class Database:
    """A database that a role of its own opens, with a password once ``lock`` was called."""

    server: Server
    role: str
    url: str

    def sql(self, words: str) -> None:
        with self.server.connect("postgres") as connection:
            connection.execute(words)

    def lock(self) -> None:
        rules = self.server.folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {self.role} scram-sha-256\n" + rules.read_text())
        self.sql("SELECT pg_reload_conf()")

    def rotate(self, password: str) -> None:
        self.sql(f"ALTER ROLE {self.role} PASSWORD '{password}'")

    def disconnect(self) -> None:
        """End every connection of the role that holds no lock: the next use connects anew."""
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'"
            f" AND usename = '{self.role}' AND pid NOT IN"
            " (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )


@pytest.fixture
def database(postgres: Server) -> Database:
    role = f"app_{uuid.uuid4().hex[:8]}"
    made = Database(postgres, role, postgres.database().replace("lockgate@", f"{role}@"))
    made.sql(f"CREATE ROLE {role} LOGIN PASSWORD '{FIRST}'")
    made.sql(f"ALTER DATABASE {made.url.split('/')[3].partition('?')[0]} OWNER TO {role}")
    return made


@dataclass
class Kept:
    """A store in a project's words, the reference to the password, and how to store it."""

    section: str
    reference: str
    put: Callable[[str], None]


@pytest.fixture(scope="module")
def bao() -> Iterator[OpenBao]:
    with openbao() as server:
        yield server


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto() as address:
        yield address


def in_environment(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Kept:
    return Kept("", "secret://env/STATE_PW", lambda text: monkeypatch.setenv("STATE_PW", text))


def in_file(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Kept:
    def put(text: str) -> None:
        (folder / "state").touch(mode=0o600)
        (folder / "state").write_text(json.dumps({"password": text}) + "\n", encoding="utf-8")

    return Kept(f"file: {{store: files, folder: {folder}}}", "secret://file/state#password", put)


def in_dotenv(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Kept:
    def put(text: str) -> None:
        (folder / "e").touch(mode=0o600)
        (folder / "e").write_text(f"STATE_PW='{text}'\n", encoding="utf-8")

    return Kept(f"dotenv: {{store: dotenv, file: {folder / 'e'}}}", "secret://dotenv/STATE_PW", put)


def in_keyring(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Kept:
    backend = FakeKeyring()
    monkeypatch.setattr(os_keyring, "protected_backend", lambda: backend)
    put = lambda text: backend.kept.update({("clinic", "state"): text})  # noqa: E731
    return Kept("desk: {store: keyring, service: clinic}", "secret://desk/state", put)


def in_openbao(monkeypatch: pytest.MonkeyPatch, bao: OpenBao) -> Kept:
    path = f"app/{uuid.uuid4().hex}"
    monkeypatch.setenv("BAO", bao.token(path))
    section = (
        f"vault: {{store: vault, address: '{bao.address}', auth: {{token: secret://env/BAO}}}}"
    )
    put = lambda text: bao.put(path, json.dumps({"user": "app", "password": text}))  # noqa: E731
    return Kept(section, f"secret://vault/{path}#password", put)


def in_aws(monkeypatch: pytest.MonkeyPatch, address: str) -> Kept:
    name = f"app/{uuid.uuid4().hex}"
    monkeypatch.setenv("AWS_PART", "made-up")
    key = "{id: AKIAIOSFODNN7EXAMPLE, secret: secret://env/AWS_PART}"  # pragma: allowlist secret
    section = (
        f"aws: {{store: aws-secrets-manager, region: eu-west-1, endpoint: '{address}',"
        f" access_key: {key}}}"
    )
    return Kept(section, f"secret://aws/{name}", lambda text: put_aws(address)(name, text))


def in_azure(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> Kept:
    monkeypatch.setenv("AZURE_PART", "made-up")
    client = (
        f"{{tenant_id: {TENANT}, client_id: {CLIENT}, secret: secret://env/AZURE_PART,"
        f" authority: '{cloud.address}'}}"
    )
    section = (
        f"azure: {{store: azure-key-vault, vault: '{cloud.address}', ca_file: {cloud.ca_file},"
        f" client_secret: {client}}}"
    )
    return Kept(section, "secret://azure/state", lambda text: cloud.put("state", text))


def in_google(monkeypatch: pytest.MonkeyPatch, cloud: Cloud, account: GoogleAccount) -> Kept:
    monkeypatch.setenv("GOOGLE_PART", account.document())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_file))
    section = (
        f"google: {{store: google-secret-manager, project: clinic-1, endpoint: '{cloud.address}',"
        " credentials: secret://env/GOOGLE_PART}"
    )
    return Kept(section, "secret://google/state", lambda text: cloud.put("state", text))


HERE = {"env": in_environment, "file": in_file, "dotenv": in_dotenv, "keyring": in_keyring}


@pytest.fixture(params=[*HERE, "openbao", "aws", "azure", "google"])
def kept(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Kept]:
    name = request.param
    if name in HERE:
        (tmp_path / "secrets").mkdir(mode=0o700)
        yield HERE[name](monkeypatch, tmp_path / "secrets")
    elif name == "openbao":
        yield in_openbao(monkeypatch, request.getfixturevalue("bao"))
    elif name == "aws":
        yield in_aws(monkeypatch, request.getfixturevalue("aws"))
    elif name == "azure":
        with https(Cloud(), azure_reply) as cloud:
            yield in_azure(monkeypatch, cloud)
    else:
        account = GoogleAccount()
        with https(Cloud(), google_reply(account)) as cloud:
            yield in_google(monkeypatch, cloud, account)


def project_with(kept: Kept, database: Database, folder: Path) -> Path:
    """A project whose state was made without a password, and now has one in a store."""
    project = make_project(folder / "people", state=database.url)
    kept.put(FIRST)
    change(
        project / "lockgate.yaml",
        f"state: {database.url}",
        f"secrets:\n  {kept.section or 'unused: {store: environment}'}\n"
        f"state: {{url: '{database.url}', password: {kept.reference}}}",
    )
    database.lock()
    return project


def test_a_run_and_a_rotation_without_a_restart(
    kept: Kept, database: Database, tmp_path: Path
) -> None:
    project = project_with(kept, database, tmp_path)
    with Workspace.open(project) as workspace:
        assert workspace.check().ok
        assert workspace.run("people").status is RunStatus.RELEASED
        turned: list[bool] = []

        def rotate(*_: object) -> None:
            """In the middle of the run: another password, and no connection left."""
            if not turned:
                turned.append(True)
                kept.put(SECOND)
                database.rotate(SECOND)
                database.disconnect()

        change(project / "data/people.csv", "1,ann", "7,ann")
        assert workspace.run("people", progress=rotate).status is RunStatus.RELEASED
        assert turned
        assert workspace.ledger.verify().size > 0
    written = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    for password in (FIRST, SECOND):
        assert password.encode() not in written


def test_a_wrong_password_is_refused_without_being_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_with(in_environment(monkeypatch, tmp_path), database, tmp_path)
    monkeypatch.setenv("STATE_PW", SECOND)
    with Workspace.open(project) as workspace, pytest.raises(LockgateError) as caught:
        workspace.run("people")
    assert SECOND not in "".join(traceback.format_exception(caught.value))
    assert caught.value.code == "LG-701"
    assert not (project / "out").exists()


@pytest.mark.parametrize("how", ["sealed", "killed"])
def test_a_store_that_is_lost_mid_run_completes_or_refuses(
    how: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the lease lasts the run completes; once the password is another it is refused."""
    with openbao() as own:
        project = project_with(in_openbao(monkeypatch, own), database, tmp_path)

        def lose(*_: object) -> None:
            if how == "sealed" and not own.client.sys.is_sealed():
                own.client.sys.seal()
            elif how == "killed" and own.process.poll() is None:
                own.process.kill()
                own.process.wait(20)
            database.disconnect()

        with Workspace.open(project) as workspace:
            assert workspace.run("people", progress=lose).status is RunStatus.RELEASED
            released = sorted(project.rglob("out/**/*.*"))
            change(project / "data/people.csv", "1,ann", "7,ann")

            def lose_and_rotate(*_: object) -> None:
                database.rotate(SECOND)
                database.disconnect()

            with pytest.raises(SecretUnavailable, match="secret://vault/"):
                workspace.run("people", progress=lose_and_rotate)
        assert sorted(project.rglob("out/**/*.*")) == released
        database.rotate(FIRST)
        monkeypatch.setenv("PGPASSWORD", FIRST)
        change(project / "lockgate.yaml", ", password: secret://vault", "} # was secret://vault")
        with Workspace.open(project) as workspace:
            assert workspace.ledger.verify().size > 0
            assert workspace.run("people").status is RunStatus.RELEASED
