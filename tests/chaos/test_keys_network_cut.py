"""The network to a key service is cut in the middle of a run, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from key_servers.http_server import Answer, Asked
from key_servers.kinds import Running, running
from key_servers.projects import KeyRecorder, make_remote_project
from key_servers.tcp_proxy import TcpProxy
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable
from lockgate.ledger.event import ReleaseDone, ReleaseIntent
from lockgate.run.runner import RunStatus

ADDRESS = {"vault": "address", "aws-kms": "endpoint", "google-kms": "endpoint"}


@pytest.fixture(params=list(ADDRESS))
def remote(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def cable(remote: Running) -> Iterator[TcpProxy]:
    with TcpProxy(remote.front.port) as proxy:
        yield proxy


def through(remote: Running, cable: TcpProxy) -> Running:
    """The same service, reached through the cable."""

    def section(key: str) -> dict[str, Any]:
        address = f"http://127.0.0.1:{cable.port}"
        return {**remote.section(key), ADDRESS[remote.kind]: address}

    return replace(remote, section=section)


def releases(project: Path) -> list[str]:
    with Workspace.open(project) as workspace:
        workspace.ledger.verify()
        events = [entry.event for entry in workspace.ledger.read()]
    return [type(e).__name__ for e in events if isinstance(e, ReleaseIntent | ReleaseDone)]


def test_a_network_cut_in_the_middle_of_an_answer(
    remote: Running, cable: TcpProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = KeyRecorder(monkeypatch)
    project = make_remote_project(tmp_path / "people", through(remote, cable), monkeypatch)
    calls = 0

    def cut_at_the_third(asked: Asked, answer: Answer) -> Answer:
        nonlocal calls
        calls += remote.is_call(asked, "unwrap")
        if calls == 3 and not cable.cuts:
            cable.cut()
        return answer

    remote.front.meddle = cut_at_the_third
    with Workspace.open(project) as workspace, pytest.raises(KeyUnavailable, match="answer"):
        workspace.run("people")

    assert cable.cuts == 1
    assert list(project.glob("out/*/run-*")) == []
    assert releases(project) == []
    cable.mend()
    with Workspace.open(project) as workspace:
        assert workspace.run("people").status is RunStatus.RELEASED
    assert releases(project) == ["ReleaseIntent", "ReleaseDone"]
    assert recorder.keys
    assert recorder.found_below(tmp_path) == []
