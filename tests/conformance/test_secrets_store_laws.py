"""Every secret store keeps the same laws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.adapters.secret_stores.dotenv_file import DotenvStore
from lockgate.adapters.secret_stores.environment import EnvironmentStore
from lockgate.adapters.secret_stores.mounted_files import MountedFileStore
from lockgate.adapters.secret_stores.os_keyring import KeyringStore
from lockgate.errors import SecretUnavailable
from lockgate.testing.secret_stores import SECRET_STORE_LAWS, MemorySecretStore, Stocked

Law = Callable[[Stocked], None]


def memory(folder: Path) -> Stocked:
    store = MemorySecretStore()
    return Stocked(store, store.put, "app/warehouse", "app/nothing")


def environment(folder: Path) -> Stocked:
    variables: dict[str, str] = {}
    store = EnvironmentStore("APP_", variables)
    return Stocked(
        store,
        lambda path, text: variables.update({f"APP_{path}": text}),
        "WAREHOUSE",
        "NOTHING",
        versions=False,
    )


def files(folder: Path) -> Stocked:
    """As Kubernetes mounts them: a link to a link to a folder, which is exchanged."""
    turn = [0]

    def put(path: str, text: str) -> None:
        turn[0] += 1
        made = folder / f"..{turn[0]}"
        made.mkdir()
        (made / path).touch(mode=0o600)
        (made / path).write_text(text, encoding="utf-8")
        (folder / "..next").symlink_to(made.name)
        (folder / "..next").rename(folder / "..data")
        if not (folder / path).is_symlink():
            (folder / path).symlink_to(f"..data/{path}")

    return Stocked(MountedFileStore(folder), put, "warehouse", "nothing")


def dotenv(folder: Path) -> Stocked:
    file = folder / ".env"

    def put(path: str, text: str) -> None:
        escaped = text.replace("\\", "\\\\").replace("'", "\\'")
        file.touch(mode=0o600)
        file.write_text(f"OTHER=1\n{path}='{escaped}'\n", encoding="utf-8")

    return Stocked(DotenvStore(file), put, "WAREHOUSE", "NOTHING", versions=False)


class FakeKeyring:
    """What a keyring's backend offers."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))


def keyring(folder: Path) -> Stocked:
    backend = FakeKeyring()
    return Stocked(
        KeyringStore("lockgate", backend),
        lambda path, text: backend.kept.update({("lockgate", path): text}),
        "warehouse",
        "nothing",
        versions=False,
    )


STORES = (memory, environment, files, dotenv, keyring)


@pytest.mark.parametrize("make", STORES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("law", SECRET_STORE_LAWS, ids=lambda law: law.__name__)
def test_a_secret_store_keeps_the_law(
    law: Law, make: Callable[[Path], Stocked], tmp_path: Path
) -> None:
    assert law(make(tmp_path)) is None


def test_the_laws_notice_a_store_that_lies() -> None:
    """Each of these stores breaks a law, and the laws say so."""

    class Forgetful(MemorySecretStore):
        def put(self, path: str, text: str) -> None:
            self._texts.setdefault(path, (text, 1))

    class Whole(MemorySecretStore):
        def fetch(self, path: str, field: str):
            return super().fetch(path, "")

    broken = set()
    for store in (Forgetful(), Whole()):
        for law in SECRET_STORE_LAWS:
            try:
                law(Stocked(store, store.put, "app/warehouse", "app/nothing"))
            except (AssertionError, SecretUnavailable):
                broken.add((type(store).__name__, law.__name__))
    assert ("Forgetful", "sees_a_rotation") in broken
    assert ("Whole", "gives_a_field") in broken
