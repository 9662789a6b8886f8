"""Log in, act, be renewed, log out: a project, a real provider, and what the ledger says of it."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import keyring
import pytest
import requests
from keyring.backends import fail

from identity_provider.projects import lockgate, told, trusting_project
from identity_provider.running import (
    PERSON,
    RealProvider,
    fill_forms,
    real_provider,
    service_client,
    signing_key,
)
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.settings import ProviderKind, ProviderSpec
from lockgate.adapters.identity_providers.kept_sessions import KeptSession
from lockgate.adapters.identity_providers.oidc.grants import TokenSet, refreshed
from lockgate.adapters.identity_providers.oidc.http import ProviderHttp
from lockgate.adapters.identity_providers.tokens.key_cache import KeyCache
from lockgate.adapters.identity_providers.tokens.trusted import ProviderVerifier
from lockgate.assemble.identities import WhoActs
from lockgate.assemble.identity_clients import open_client
from lockgate.assemble.kept_log_ins import kept_sessions
from lockgate.assemble.opened_project import record_of, secrets_of
from lockgate.assemble.sign_in import Screen, sign_in
from lockgate.assemble.standing_token import standing_token
from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthenticationFailed, ConfigurationError, UsageError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.run.record import Record
from lockgate.secret import SecretText

SECRET = "a-made-up-client-secret"
LOADER = """    loaders:
      kind: services
      issuer: {issuer}
      audience: https://lockgate.example/clinic
      client_id: loader
      client_secret: secret://env/LOADER_SECRET
      subjects: [loader]
      scopes: [run]
    pods:
      kind: workloads
      issuer: {issuer}
      audience: https://pods.example
      token_file: mounted/token
"""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    loader = service_client("loader", "client_secret_basic", client_secret=SECRET)
    folder = tmp_path_factory.mktemp("provider")
    with real_provider(folder, clients=[PERSON, loader]) as started:
        yield started


@pytest.fixture
def project(provider: RealProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOADER_SECRET", SECRET)
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    more = LOADER.format(issuer=provider.issuer)
    return trusting_project(tmp_path / "project", provider.issuer, more)


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as opened:
        yield opened


def person(address: str) -> None:
    def go() -> None:
        requests.get(fill_forms(address).headers["Location"], timeout=10)

    threading.Thread(target=go, daemon=True).start()


def log_in(workspace: Workspace, name: str = "corp", *, device: bool = False) -> KeptSession:
    screen = Screen(person, lambda prompt: fill_forms(prompt.page, code=prompt.code) and None)
    return sign_in(
        workspace.project, record_of(workspace), secrets_of(workspace), name, screen, device=device
    ).kept


def who(workspace: Workspace, after: float = 0) -> Principal:
    return acting(workspace, after)()


def acting(workspace: Workspace, after: float = 0) -> WhoActs:
    """Who acts by a clock that is so many seconds ahead."""
    now = record_of(workspace).now
    later: Record = replace(record_of(workspace), now=lambda: now() + timedelta(seconds=after))
    return WhoActs(workspace.project, later, secrets_of(workspace))


def test_a_person_acts_under_the_providers_word(workspace: Workspace, project: Path) -> None:
    kept = log_in(workspace)

    principal = who(workspace)
    assert principal.id == "corp/anna"
    assert principal.assurance is Assurance.TOKEN
    assert principal.kind is PrincipalKind.PERSON
    assert principal.groups == ("corp/analysts",)
    assert principal.session == kept.session
    events = told(project)
    assert [one["kind"] for one in events] == ["authentication.succeeded", "session.started"]
    assert {one["principal"] for one in events} == {"corp/anna"}
    assert {one["session"] for one in events} == {kept.session}


def test_a_code_typed_elsewhere_logs_in_too(workspace: Workspace) -> None:
    log_in(workspace, device=True)

    assert who(workspace).id == "corp/anna"


def test_without_a_keyring_tokens_are_in_a_file_that_only_the_user_reads(
    workspace: Workspace, tmp_path: Path
) -> None:
    assert log_in(workspace).place == "file"

    files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in files} == {0o700}


@pytest.mark.slow
def test_a_log_in_is_no_other_projects(
    workspace: Workspace, provider: RealProvider, tmp_path: Path
) -> None:
    log_in(workspace)

    other = trusting_project(tmp_path / "other", provider.issuer)
    with Workspace.open(other) as opened:
        assert who(opened).assurance is Assurance.OPERATING_SYSTEM


def test_a_token_is_renewed_when_half_of_its_time_is_over(
    workspace: Workspace, project: Path
) -> None:
    kept = log_in(workspace)
    assert kept.refresh is not None

    assert who(workspace, after=100).id == "corp/anna"
    assert kept_sessions(workspace.project).of("corp") == kept
    assert who(workspace, after=200).session == kept.session

    again = kept_sessions(workspace.project).of("corp")
    assert again is not None
    assert again.token != kept.token
    assert again.refresh != kept.refresh
    assert [one["reason"] for one in told(project)] == ["logged-in", "logged-in", "renewed"]


@pytest.mark.slow
def test_fifty_threads_renew_once(workspace: Workspace, project: Path) -> None:
    """A refresh token is good for one use: two renewals would end the session."""
    log_in(workspace)
    asked = acting(workspace, after=200)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(asked().id)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["corp/anna"] * 50
    assert sum(one["reason"] == "renewed" for one in told(project)) == 1


@pytest.mark.slow
def test_another_process_that_renewed_is_followed(workspace: Workspace) -> None:
    log_in(workspace)
    one, other = acting(workspace, after=200), acting(workspace, after=200)

    assert one().id == other().id == "corp/anna"


def test_a_session_ends_whatever_the_provider_gives(workspace: Workspace, project: Path) -> None:
    log_in(workspace)
    later = acting(workspace, after=13 * 3600)

    for _ in range(3):
        with pytest.raises(AuthenticationFailed, match="the session is over"):
            later()
    failed = [one for one in told(project) if one["kind"] == "authentication.failed"]
    assert [one["reason"] for one in failed] == ["session-over"]


@pytest.mark.slow
def test_a_session_that_the_provider_ended_is_over_at_the_next_renewal(
    workspace: Workspace, project: Path
) -> None:
    kept = log_in(workspace)
    client = open_client(
        workspace.project, workspace.project.access.providers["corp"], secrets_of(workspace)
    )
    from lockgate.adapters.identity_providers.oidc.grants import revoke

    assert kept.refresh is not None
    assert revoke(client, kept.refresh, "refresh_token")

    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        who(workspace, after=200)
    assert told(project)[-1]["kind"] == "authentication.failed"


def test_logging_out_forgets_and_revokes(
    workspace: Workspace, project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = log_in(workspace)

    assert lockgate("logout", "--json", project=project) == 0

    assert json.loads(capsys.readouterr().out) == {"logged_out": True, "revoked": True}
    assert who(workspace).assurance is Assurance.OPERATING_SYSTEM
    assert told(project)[-1]["kind"] == "session.ended"
    assert told(project)[-1]["principal"] == "corp/anna"
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept.token.reveal().encode() not in left
    assert kept.refresh is not None
    assert kept.refresh.reveal().encode() not in left


def test_logging_in_again_revokes_what_it_replaces(workspace: Workspace, project: Path) -> None:
    """Two terminals of one user: the first one's session is nobody's to renew any more."""
    first = acting(workspace, after=200)
    before = log_in(workspace)
    first()
    stolen = kept_sessions(workspace.project).of("corp")
    assert stolen is not None
    assert stolen.refresh is not None
    after = log_in(workspace)

    client = open_client(
        workspace.project, workspace.project.access.providers["corp"], secrets_of(workspace)
    )
    with pytest.raises(AuthenticationFailed, match="invalid_grant"):
        refreshed(client, stolen.refresh)
    assert who(workspace).session == after.session
    ended = [one for one in told(project) if one["kind"] == "session.ended"]
    assert [(one["session"], one["reason"]) for one in ended] == [(before.session, "replaced")]


@pytest.mark.slow
def test_nothing_of_a_log_in_stands_in_the_projects_state(
    workspace: Workspace, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    kept = log_in(workspace)
    who(workspace)

    stored = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    for secret in (kept.token, kept.refresh):
        assert secret is not None
        assert secret.reveal().encode() not in stored
        assert secret.reveal() not in caplog.text
    assert kept.token.reveal() not in repr(kept)


def test_whoami_says_who_and_until_when(
    workspace: Workspace, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = log_in(workspace)

    assert lockgate("whoami", "--json", project=project) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["principal"] == "corp/anna"
    assert said["verified"] == "token"
    assert said["session"] == kept.session
    assert datetime.fromisoformat(said["expires_at"]) > record_of(workspace).now()


def test_a_service_logs_in_by_itself_where_the_environment_names_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCKGATE_PROVIDER", "loaders")
    asked = acting(workspace)

    assert asked().id == "loaders/loader"
    assert asked().kind is PrincipalKind.SERVICE
    assert not (tmp_path / "state").exists()


def test_a_service_with_a_wrong_secret_is_nobody(
    workspace: Workspace, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_PROVIDER", "loaders")
    monkeypatch.setenv("LOADER_SECRET", "canary-wrong")

    with pytest.raises(AuthenticationFailed, match="invalid_client"):
        who(workspace)
    last = told(project)[-1]
    assert (last["kind"], last["principal"]) == ("authentication.failed", "unknown")
    assert "canary" not in json.dumps(told(project))


def token_of_a_service(workspace: Workspace) -> str:
    from lockgate.adapters.identity_providers.oidc.grants import client_credentials

    spec = workspace.project.access.providers["loaders"]
    access = client_credentials(open_client(workspace.project, spec, secrets_of(workspace))).access
    assert access is not None
    return access.reveal()


def test_a_mounted_token_is_read_anew_each_time(
    workspace: Workspace, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(token_of_a_service(workspace))
    monkeypatch.setenv("LOCKGATE_TOKEN_FILE", str(file))
    monkeypatch.setenv("LOCKGATE_PROVIDER", "loaders")
    asked = acting(workspace)

    assert asked().id == asked().id == "loaders/loader"
    file.write_text("no-token")
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            asked()
    file.write_text(token_of_a_service(workspace))
    assert asked().id == "loaders/loader"
    reasons = [one["reason"] for one in told(project)]
    assert reasons == ["token-file", "token-malformed", "token-file"]


def test_a_workloads_token_file_is_used_where_the_platform_put_one(
    workspace: Workspace, project: Path
) -> None:
    assert who(workspace).assurance is Assurance.OPERATING_SYSTEM
    (project / "mounted").mkdir()
    (project / "mounted" / "token").write_text("not a token")

    with pytest.raises(AuthenticationFailed):
        who(workspace)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_token_file_that_others_can_write_is_not_used(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    file = tmp_path / "token"
    file.write_text(token_of_a_service(workspace))
    file.chmod(mode)
    monkeypatch.setenv("LOCKGATE_TOKEN_FILE", str(file))

    with pytest.raises(AuthenticationFailed, match="others can write it"):
        who(workspace)


def test_a_token_in_place_of_its_files_name_is_not_repeated(
    workspace: Workspace, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_TOKEN_FILE", "canary.token.itself")

    with pytest.raises(AuthenticationFailed) as caught:
        who(workspace)
    assert "canary" not in str(caught.value) + json.dumps(told(project))


@pytest.mark.slow
def test_a_workload_cannot_be_logged_in(workspace: Workspace) -> None:
    with pytest.raises(ConfigurationError, match="for workloads"):
        log_in(workspace, "pods")


@pytest.mark.slow
def test_two_token_files_leave_it_open_who_acts(project: Path) -> None:
    file = project / "lockgate.yaml"
    pods = file.read_text().partition("    pods:")[2]
    more = pods.replace("//pods.example", "//more.example")  # else one token would stand for two
    file.write_text(file.read_text() + "    more:" + more)
    (project / "mounted").mkdir()
    (project / "mounted" / "token").write_text("x")

    with (
        Workspace.open(project) as opened,
        pytest.raises(UsageError, match="several providers"),
    ):
        who(opened)


def tokens_of(workspace: Workspace, **changed: Any) -> TokenSet:
    kept = log_in(workspace)
    return replace(TokenSet(kept.token, None, None, 300), **changed)


def verifier_with(provider: RealProvider, seconds: Any = None, **changed: Any) -> ProviderVerifier:
    spec = ProviderSpec(
        "corp",
        ProviderKind.PEOPLE,
        provider.issuer,
        "https://lockgate.example/clinic",
        client_id="lockgate",
    )
    clock = {} if seconds is None else {"seconds": seconds}
    keys = KeyCache(provider.issuer, ProviderHttp("corp").get, **clock)
    return ProviderVerifier(replace(spec, **changed), keys)


@pytest.mark.slow
def test_a_token_of_another_log_in_is_not_taken(
    workspace: Workspace, provider: RealProvider
) -> None:
    """An ID token without, or with another, nonce was given in answer to something else."""
    tokens = tokens_of(workspace)
    now = record_of(workspace).now()

    standing_token(tokens, verifier_with(provider), now)
    with pytest.raises(AuthenticationFailed) as caught:
        standing_token(tokens, verifier_with(provider), now, SecretText("this log-in's"))
    assert caught.value.reason == "token-nonce"


@pytest.mark.slow
def test_an_access_token_for_somebody_else_stands_for_nobody(
    workspace: Workspace, provider: RealProvider
) -> None:
    verifier = verifier_with(provider, audience="https://other.example")

    with pytest.raises(AuthenticationFailed):
        standing_token(tokens_of(workspace), verifier, record_of(workspace).now())


@pytest.mark.slow
def test_a_key_removed_at_the_provider_stops_verifying_in_the_stated_time(
    workspace: Workspace, provider: RealProvider
) -> None:
    token = log_in(workspace).token
    at = record_of(workspace).now()
    seconds = [0.0]
    verifier = verifier_with(provider, lambda: seconds[0])
    assert verifier.verify(token, at).id == "corp/anna"
    kept = provider.keys
    provider.keys = [signing_key("after-the-theft")]
    provider.configure()
    try:
        seconds[0] = DEFAULT_LIMITS.key_set_seconds - 1
        verifier.verify(token, at)
        seconds[0] = DEFAULT_LIMITS.key_set_seconds
        with pytest.raises(AuthenticationFailed) as caught:
            verifier.verify(token, at)
        assert caught.value.reason == "token-key-unknown"
    finally:
        provider.keys = kept
        provider.configure()


@pytest.mark.slow
def test_a_key_added_at_the_provider_is_found_by_itself(
    workspace: Workspace, provider: RealProvider
) -> None:
    seconds = [0.0]
    verifier = verifier_with(provider, lambda: seconds[0])
    verifier.verify(log_in(workspace).token, record_of(workspace).now())
    kept = provider.keys
    provider.keys = [signing_key("next"), *kept]
    provider.configure()
    try:
        token = log_in(workspace).token
        with pytest.raises(AuthenticationFailed):  # asked a moment ago
            verifier.verify(token, record_of(workspace).now())
        seconds[0] = DEFAULT_LIMITS.key_set_cooldown_seconds
        assert verifier.verify(token, record_of(workspace).now()).id == "corp/anna"
    finally:
        provider.keys = kept
        provider.configure()


@pytest.mark.slow
@pytest.mark.parametrize(("skew", "taken"), [(-59, True), (-90, False), (299, True), (400, False)])
def test_clocks_may_differ_by_a_minute(
    workspace: Workspace, provider: RealProvider, skew: int, taken: bool
) -> None:
    token = log_in(workspace).token
    verifier = verifier_with(provider)
    at = record_of(workspace).now() + timedelta(seconds=skew)

    if taken:
        assert verifier.verify(token, at).id == "corp/anna"
    else:
        with pytest.raises(AuthenticationFailed):
            verifier.verify(token, at)
