"""Every key service keeps the same laws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.keys.ports import KeyService
from lockgate.secret import SecretBytes
from lockgate.testing.key_services import KEY_SERVICE_LAWS, MemoryKeyService

Law = Callable[[KeyService, KeyService], None]
Pair = tuple[KeyService, KeyService]


@pytest.fixture(scope="module", params=["memory", "file", "passphrase"])
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two services of one kind and of different root keys."""
    folder: Path = tmp_path_factory.mktemp("keys")
    if request.param == "memory":
        return MemoryKeyService("one"), MemoryKeyService("two")
    if request.param == "file":
        return LocalKeyService.create(folder / "one"), LocalKeyService.create(folder / "two")
    words = SecretBytes(b"correct horse battery staple")
    make = LocalKeyService.create_with_passphrase
    return make(folder / "one", words), make(folder / "two", words)


@pytest.mark.parametrize("law", KEY_SERVICE_LAWS, ids=lambda law: law.__name__)
def test_a_key_service_keeps_the_law(law: Law, services: Pair) -> None:
    assert law(*services) is None
