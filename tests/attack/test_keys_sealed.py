"""Sealed and wrapped keys under attack: whatever is done, the refusal is one and the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys_at_hand import raw_keyring
from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.adapters.key_services.sealed_copy import read_copy, seal_copy
from lockgate.adapters.key_services.sealed_root import _SealedRoot, open_root, seal_root
from lockgate.adapters.private_files import create_private
from lockgate.assemble.workspace import Workspace
from lockgate.errors import KeyUnavailable, LedgerTampered
from lockgate.kernel.interface import Normaliser
from lockgate.keys.copies import take_copy
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain, KeyUse
from lockgate.keys.refusals import does_not_open
from lockgate.secret import SecretBytes
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.ledgers import NOON
from lockgate.testing.memory_state import MemoryStateStore
from small_project import make_project

WORDS = SecretBytes(b"correct horse battery staple")
OTHER = SecretBytes(b"correct horse battery stapler")
THE_ONE = does_not_open()


def refused(action: Callable[[], object]) -> None:
    """It raises the one error, with nothing behind it that tells more."""
    with pytest.raises(KeyUnavailable) as caught:
        action()
    error = caught.value
    assert (error.code, error.message, error.hint) == (THE_ONE.code, THE_ONE.message, THE_ONE.hint)
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def edited(content: bytes, **changes: Any) -> bytes:
    document = json.loads(content)
    for name, change in changes.items():
        document[name] = change(document[name]) if callable(change) else change
    return json.dumps(document).encode()


def flipped(text: str) -> str:
    return text[:20] + ("A" if text[20] != "A" else "B") + text[21:]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda c: c[:-40],
    "emptied": lambda c: b"",
    "cut in the middle": lambda c: c[: len(c) // 2] + c[len(c) // 2 + 8 :],
    "sealed bytes changed": lambda c: edited(c, sealed=flipped),
    "sealed bytes shortened": lambda c: edited(c, sealed=lambda t: t[: len(t) // 8 * 4]),
    "fewer passes": lambda c: edited(c, passes=1),
    "other passes": lambda c: edited(c, passes=4),
    "less memory": lambda c: edited(c, memory_kib=8),
    "another salt": lambda c: edited(c, salt="AAAAAAAAAAAAAAAAAAAAAA=="),
    "another kdf": lambda c: edited(c, kdf="pbkdf2"),
    "an unknown field": lambda c: c.replace(b"{", b'{"extra": 1,', 1),
    "no json": lambda c: b"\x00" + c,
}


@pytest.fixture(scope="module")
def sealed_root() -> bytes:
    return seal_root(SecretBytes(bytes(range(32))), WORDS)


@pytest.fixture(scope="module")
def sealed_copy() -> bytes:
    state = MemoryStateStore()
    keyring = Keyring(state.keys, MemoryKeyService(), lambda: NOON, project="clinic")
    keyring.create_domain(Domain("email", Normaliser.EMAIL))
    keyring.rotate("email")
    return seal_copy(take_copy(keyring), "clinic", WORDS)


def opened_copy(
    folder: Path, content: bytes, project: str = "clinic", words: SecretBytes = WORDS
) -> object:
    path = folder / "copy"
    path.unlink(missing_ok=True)
    create_private(path, content)
    return read_copy(path, project, words)


class TestSealedRoot:
    def test_wrong_passphrase(self, sealed_root: bytes) -> None:
        assert open_root(sealed_root, WORDS).reveal() == bytes(range(32))
        refused(lambda: open_root(sealed_root, OTHER))

    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
    def test_damaged(self, sealed_root: bytes, damage: Callable[[bytes], bytes]) -> None:
        refused(lambda: open_root(damage(sealed_root), WORDS))

    @pytest.mark.parametrize("weak", [{"passes": 1}, {"memory_kib": 64}, {"memory_kib": 8 << 20}])
    def test_sealed_with_parameters_out_of_bounds(self, weak: dict[str, int]) -> None:
        """Not edited: whoever made it knew the passphrase, and chose less, or far too much."""
        made = _SealedRoot.model_construct(salt=bytes(16), nonce=bytes(12), sealed=b"", **weak)
        if weak.get("memory_kib", 0) <= 64 << 10:
            cipher = AESGCM(made._stretch(WORDS))
            sealed = cipher.encrypt(bytes(12), bytes(32), made._bound(("root",)))
            made = made.model_copy(update={"sealed": sealed})
            assert made.open(WORDS, "root").reveal() == bytes(32)
        refused(lambda: open_root(made.as_bytes(), WORDS))

    def test_version_downgrade(self, sealed_root: bytes) -> None:
        for version in (0, 2):
            refused(lambda v=version: open_root(edited(sealed_root, lockgate_root_key=v), WORDS))


class TestSealedCopy:
    def test_wrong_passphrase(self, sealed_copy: bytes, tmp_path: Path) -> None:
        assert opened_copy(tmp_path, sealed_copy)
        refused(lambda: opened_copy(tmp_path, sealed_copy, words=OTHER))

    def test_copy_of_another_project(self, sealed_copy: bytes, tmp_path: Path) -> None:
        refused(lambda: opened_copy(tmp_path, sealed_copy, project="hospital"))

    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
    def test_damaged(
        self, sealed_copy: bytes, tmp_path: Path, damage: Callable[[bytes], bytes]
    ) -> None:
        refused(lambda: opened_copy(tmp_path, damage(sealed_copy)))

    def test_version_downgrade(self, sealed_copy: bytes, tmp_path: Path) -> None:
        for version in (0, 2):
            refused(lambda v=version: opened_copy(tmp_path, edited(sealed_copy, lockgate_keys=v)))

    def test_another_copys_name(self, sealed_copy: bytes, tmp_path: Path) -> None:
        refused(lambda: opened_copy(tmp_path, edited(sealed_copy, copy_id="f" * 32)))

    def test_a_sealed_root_is_no_copy_nor_a_copy_a_root(
        self, sealed_copy: bytes, sealed_root: bytes, tmp_path: Path
    ) -> None:
        """Nor with the one field renamed that says which of the two it is."""
        as_copy = json.loads(sealed_root)
        del as_copy["lockgate_root_key"]
        as_copy |= {"lockgate_keys": 1, "copy_id": "0" * 32}
        as_root = json.loads(sealed_copy)
        del as_root["lockgate_keys"], as_root["copy_id"]
        as_root["lockgate_root_key"] = 1
        for content in (sealed_root, json.dumps(as_copy).encode()):
            refused(lambda c=content: opened_copy(tmp_path, c))
        for content in (sealed_copy, json.dumps(as_root).encode()):
            refused(lambda c=content: open_root(c, WORDS))


class TestWrappedInTheState:
    """Somebody may write the database, and has no key."""

    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        folder = make_project(tmp_path / "people")
        with Workspace.open(folder) as workspace:
            workspace.rotate("email")
        return folder

    def wrapped(self, project: Path, number: int) -> bytes:
        with Workspace.open(project) as workspace:
            return next(v.wrapped for v in workspace.keyring.versions() if v.number == number)

    def put(self, project: Path, number: int, wrapped: bytes) -> None:
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute(
                "UPDATE key_versions SET wrapped = ? WHERE number = ?", (wrapped, number)
            )
        connection.close()

    def opens(self, project: Path, number: int) -> None:
        with Workspace.open(project) as workspace:
            (v,) = (v for v in workspace.keyring.versions() if v.number == number)
            raw_keyring(workspace).derive(v.domain, v.use, ("x",), 32, number)

    def test_swapped_between_rows(self, project: Path) -> None:
        """Between domains, between uses of a domain, and between versions of a use: a downgrade."""
        with Workspace.open(project) as workspace:
            versions = list(workspace.keyring.versions())
        email = [v for v in versions if v.domain == "email"]
        index = next(v for v in email if v.use is KeyUse.INDEX)
        old, new = (v for v in email if v.use is KeyUse.ENCRYPTION)
        stranger = next(v for v in versions if v.domain != "email")
        for target, source in ((new, old), (old, new), (index, old), (new, stranger)):
            self.put(project, target.number, source.wrapped)
            refused(lambda t=target: self.opens(project, t.number))
            self.put(project, target.number, target.wrapped)
            self.opens(project, target.number)

    def test_truncated_emptied_or_of_another_format(self, project: Path) -> None:
        wrapped = self.wrapped(project, 1)
        for bad in (b"", wrapped[:1], wrapped[:-1], b"\x00" + wrapped[1:], b"\x02" + wrapped[1:]):
            self.put(project, 1, bad)
            refused(lambda: self.opens(project, 1))

    def test_another_root_key_under_the_same_name(self, project: Path) -> None:
        """The id beside a wrapped key is text in the state: editing it opens nothing."""
        stranger = LocalKeyService.create(project / "stranger.key")
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute("UPDATE key_versions SET service = ?", (stranger.id,))
        connection.close()
        (project / ".lockgate" / "root.key").unlink()
        (project / "stranger.key").rename(project / ".lockgate" / "root.key")
        refused(lambda: self.opens(project, 1))

    def test_the_same_state_in_a_project_of_another_name(self, project: Path) -> None:
        file = project / "lockgate.yaml"
        file.write_text(file.read_text().replace("project: people", "project: others"))
        with Workspace.open(project) as workspace:
            with pytest.raises(LedgerTampered):  # whoever asks for it cannot be put on record
                assert workspace.context
            keyring = raw_keyring(workspace._context)
            refused(lambda: keyring.derive("email", KeyUse.INDEX, ("x",), 32))
