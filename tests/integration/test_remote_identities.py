"""Without credentials in the project's file it is the workload's own identity, or a refusal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from key_servers import aws
from key_servers.kinds import Running, running
from lockgate.adapters.remote.azure import AzureSettings, azure_session
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.errors import KeyUnavailable


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("google-kms", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running("aws-kms", tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any identity."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)


def test_aws_finds_the_workloads_keys(amazon: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    section = {**amazon.section("chain")}
    del section["access_key"]
    with pytest.raises(KeyUnavailable, match="denies it"):
        amazon.opened(section).check()
    for name, value in aws.ROOT.items():
        monkeypatch.setenv(name.upper(), value)

    amazon.opened(section).check()


def test_google_finds_the_default_credentials(
    google: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    section = {**google.section("chain")}
    del section["credentials"]
    with pytest.raises(KeyUnavailable, match="denies it"):
        google.opened(section).check()
    (tmp_path / "account.json").write_text(google.variables["GOOGLE_ACCOUNT"])
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))

    google.opened(section).check()


def test_a_service_account_that_is_none_is_denied_without_its_text(google: Running) -> None:
    section = google.section("account")
    for text in ("canary", '{"type": "service_account", "private_key": "canary"}', "[]"):
        other = Running(google.kind, google.front, google.section, {"GOOGLE_ACCOUNT": text}, None)
        with pytest.raises(KeyUnavailable, match="denies it") as refused:
            other.opened(section).check()
        assert "canary" not in str(refused.value)


def test_azure_without_an_identity_is_refused_and_nobody_is_asked() -> None:
    """No program is started and no browser opened: the chain ends with the machine's identity."""
    from azure.keyvault.keys import KeyClient

    made = azure_session(AzureSettings("https://127.0.0.1:9"), "Azure", lambda: KeyClient)
    started = time.monotonic()
    with pytest.raises(RemoteFailed) as refused:
        made.call(lambda client: client.get_key("k"), repeatable=False)

    assert refused.value.kind in {FaultKind.DENIED, FaultKind.UNREACHABLE}
    assert time.monotonic() - started < 30
