"""Root keys elsewhere keep the laws of key services: OpenBao, moto's KMS, and two emulations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from key_servers.kinds import NAMES, Running, running
from lockgate.keys.ports import KeyService
from lockgate.testing.key_services import KEY_SERVICE_LAWS

Law = Callable[[KeyService, KeyService], None]
Pair = tuple[KeyService, KeyService]


@pytest.fixture(scope="module", params=NAMES)
def remote(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(request.param, tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture(scope="module")
def services(remote: Running) -> Pair:
    """Two services of one kind and of different root keys."""
    return remote.service("one"), remote.service("two")


@pytest.mark.parametrize("law", KEY_SERVICE_LAWS, ids=lambda law: law.__name__)
def test_a_remote_key_service_keeps_the_law(law: Law, services: Pair) -> None:
    assert law(*services) is None


def test_its_name_is_of_the_key_and_holds_no_credential(services: Pair, remote: Running) -> None:
    one = services[0].id

    assert one.startswith(f"{remote.kind}:")
    assert not any(secret in one for secret in remote.variables.values())
    assert "@" not in one
