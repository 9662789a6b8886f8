"""The local key service's files: private, whole, and refused when they are not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from lockgate.adapters.key_services import passphrase as passphrases
from lockgate.adapters.key_services.ledger_key import create_ledger_key, load_ledger_key
from lockgate.adapters.key_services.local import LocalKeyService
from lockgate.errors import EnvironmentFailed, ExitCode, KeyUnavailable, UsageError
from lockgate.secret import SecretBytes

WORDS = SecretBytes(b"correct horse battery staple")
CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
KEY = SecretBytes(bytes(range(64)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "root.key"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_root_key_survives_its_process(path: Path) -> None:
    made = LocalKeyService.create(path)
    wrapped = made.wrap(KEY, CONTEXT)
    again = LocalKeyService.open(path)

    assert again.id == made.id
    assert again.unwrap(wrapped, CONTEXT) == KEY
    assert mode(path) == 0o600


def test_a_root_key_under_a_passphrase_survives_its_process(path: Path) -> None:
    made = LocalKeyService.create_with_passphrase(path, WORDS)
    wrapped = made.wrap(KEY, CONTEXT)
    again = LocalKeyService.open_with_passphrase(path, WORDS)

    assert again.id == made.id
    assert again.unwrap(wrapped, CONTEXT) == KEY
    assert mode(path) == 0o600


def test_a_wrong_passphrase_is_refused_with_exit_code_7(path: Path) -> None:
    LocalKeyService.create_with_passphrase(path, WORDS)
    with pytest.raises(KeyUnavailable, match="passphrase") as caught:
        LocalKeyService.open_with_passphrase(path, SecretBytes(b"correct horse battery stable"))

    assert caught.value.exit_code is ExitCode.AUTHORISATION


def test_a_passphrase_is_the_same_from_every_keyboard(path: Path) -> None:
    composed, decomposed = "caf\u00e9 au lait".encode(), "cafe\u0301 au lait".encode()
    made = LocalKeyService.create_with_passphrase(path, SecretBytes(composed))

    assert LocalKeyService.open_with_passphrase(path, SecretBytes(decomposed)).id == made.id


def test_a_short_passphrase_is_refused_when_it_is_chosen(path: Path) -> None:
    with pytest.raises(UsageError):
        LocalKeyService.create_with_passphrase(path, SecretBytes(b"elevenchars"))

    assert not path.exists()


def test_parameters_are_those_of_rfc_9106_section_4(path: Path) -> None:
    LocalKeyService.create_with_passphrase(path, WORDS)
    file = json.loads(path.read_bytes())

    assert (file["kdf"], file["memory_kib"], file["passes"], file["lanes"]) == (
        "argon2id",
        65536,
        3,
        4,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_kib", 8),
        ("memory_kib", 1 << 30),
        ("passes", 1),
        ("passes", 4),
        ("lanes", 5),
        ("kdf", "pbkdf2"),
        ("lockgate_root_key", 2),
        ("salt", "AAAA"),
        ("sealed", "AAAA"),
        ("more", 1),
    ],
)
def test_a_changed_parameter_is_refused(path: Path, name: str, value: object) -> None:
    LocalKeyService.create_with_passphrase(path, WORDS)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), name: value}))

    with pytest.raises(KeyUnavailable):
        LocalKeyService.open_with_passphrase(path, WORDS)


def test_one_protection_is_not_taken_for_the_other(path: Path, tmp_path: Path) -> None:
    LocalKeyService.create_with_passphrase(path, WORDS)
    LocalKeyService.create(tmp_path / "plain")

    with pytest.raises(KeyUnavailable):
        LocalKeyService.open(path)
    with pytest.raises(KeyUnavailable):
        LocalKeyService.open_with_passphrase(tmp_path / "plain", WORDS)


@pytest.mark.parametrize("create", [LocalKeyService.create, create_ledger_key])
def test_a_key_file_is_never_overwritten(path: Path, create) -> None:
    path.write_bytes(b"here already")
    with pytest.raises(EnvironmentFailed):
        create(path)

    assert path.read_bytes() == b"here already"


@pytest.mark.parametrize("load", [LocalKeyService.open, load_ledger_key])
class TestKeyFiles:
    def test_reachable_by_others_is_refused_and_the_fix_named(self, path: Path, load) -> None:
        create_ledger_key(path)
        for reachable in (0o640, 0o604, 0o620, 0o601):
            path.chmod(reachable)
            with pytest.raises(KeyUnavailable) as caught:
                load(path)
            assert caught.value.hint == f"chmod 600 {path}"

    def test_a_symbolic_link_is_refused(self, path: Path, tmp_path: Path, load) -> None:
        create_ledger_key(tmp_path / "real")
        path.symlink_to(tmp_path / "real")

        with pytest.raises(KeyUnavailable, match="symbolic link"):
            load(path)

    def test_a_fifo_or_folder_is_refused_and_not_waited_for(
        self, path: Path, tmp_path: Path, load
    ) -> None:
        os.mkfifo(path, 0o600)
        (tmp_path / "folder").mkdir()

        with pytest.raises(KeyUnavailable):
            load(path)
        with pytest.raises(KeyUnavailable):
            load(tmp_path / "folder")

    @pytest.mark.parametrize("content", [b"", b"AAAA", b"\xff" * 32, b"A" * 70_000, b"*" * 44])
    def test_what_is_no_key_is_refused(self, path: Path, content: bytes, load) -> None:
        path.touch(0o600)
        path.write_bytes(content)

        with pytest.raises(KeyUnavailable):
            load(path)

    def test_a_missing_one_is_refused(self, path: Path, load) -> None:
        with pytest.raises(KeyUnavailable):
            load(path)


def test_another_users_key_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_ledger_key(path)
    monkeypatch.setattr(os, "getuid", lambda: path.stat().st_uid + 1)

    with pytest.raises(KeyUnavailable, match="another user"):
        load_ledger_key(path)


def test_a_ledger_key_survives_its_process(path: Path) -> None:
    made = create_ledger_key(path)

    assert load_ledger_key(path).public_key == made.public_key
    assert len(made.public_key) == 32
    assert mode(path) == 0o600


class TestPassphrase:
    def test_comes_from_a_descriptor_before_a_question_and_never_from_a_variables_value(
        self,
    ) -> None:
        reading, writing = os.pipe()
        os.write(writing, b"from a descriptor\nand more\n")
        os.close(writing)
        environment = {
            passphrases.DESCRIPTOR_VARIABLE: str(reading),
            "LOCKGATE_PASSPHRASE": "from the environment",
        }

        def ask() -> str:
            return "from a question"

        assert passphrases.passphrase(environment, ask).reveal() == b"from a descriptor"
        del environment[passphrases.DESCRIPTOR_VARIABLE]
        assert passphrases.passphrase(environment, ask).reveal() == b"from a question"
        assert passphrases.passphrase({}, ask).reveal() == b"from a question"

    @pytest.mark.parametrize(
        "environment",
        [
            {},
            {"LOCKGATE_PASSPHRASE": "from the environment"},
            {passphrases.DESCRIPTOR_VARIABLE: "no number"},
            {passphrases.DESCRIPTOR_VARIABLE: "987654"},
        ],
    )
    def test_none_is_refused(self, environment: dict[str, str]) -> None:
        with pytest.raises(KeyUnavailable):
            passphrases.passphrase(environment)

    @pytest.mark.parametrize("text", ["", "lone \ud800 surrogate"])
    def test_no_text_is_refused(self, text: str) -> None:
        with pytest.raises(KeyUnavailable):
            passphrases.passphrase({}, lambda: text)
