"""What somebody else can plant in a secrets folder is not read, and nothing outside it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lockgate.adapters.secret_stores import mounted_files
from lockgate.adapters.secret_stores.dotenv_file import DotenvStore
from lockgate.adapters.secret_stores.environment import EnvironmentStore
from lockgate.adapters.secret_stores.mounted_files import MountedFileStore
from lockgate.errors import SecretDenied, SecretMissing, SecretUnavailable
from lockgate.limits import Limits

OUTSIDE = "outside-secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mounted"
    made.mkdir(mode=0o700)
    secret(made / "good", "inside\n")
    secret(tmp_path / "other", OUTSIDE)
    return made


def secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def read(folder: Path, path: str, field: str = "") -> str:
    return MountedFileStore(folder).fetch(path, field).value.reveal()


def test_the_file_itself_is_read(folder: Path) -> None:
    assert read(folder, "good") == "inside"


@pytest.mark.parametrize(
    ("written", "expected"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), ("a\r", "a\r"), (" a \n", " a ")],
)
def test_one_newline_at_the_end_is_taken_off(folder: Path, written: str, expected: str) -> None:
    (folder / "good").write_bytes(written.encode())
    assert read(folder, "good") == expected


@pytest.mark.parametrize("target", ["../other", "/etc/hostname", "sub/../../other"])
def test_a_link_that_leaves_the_folder(folder: Path, target: str) -> None:
    (folder / "sub").mkdir()
    (folder / "link").symlink_to(target)
    with pytest.raises(SecretDenied, match="out of the store's folder"):
        read(folder, "link")


def test_a_folder_that_is_a_link_out(folder: Path) -> None:
    (folder / "deep").symlink_to(folder.parent)
    with pytest.raises(SecretDenied):
        read(folder, "deep/other")


@pytest.mark.parametrize("path", ["../other", "/etc/hostname", "sub/../../other"])
def test_a_path_that_leaves_the_folder(folder: Path, path: str) -> None:
    """No reference can say this; the store does not rely on it."""
    (folder / "sub").mkdir()
    with pytest.raises(SecretDenied):
        read(folder, path)


def test_a_circle_of_links(folder: Path) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    with pytest.raises(SecretUnavailable):
        read(folder, "a")


def test_a_link_turned_between_the_look_and_the_opening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the way was checked, the file is exchanged for a link: it is not followed."""
    opened = os.open

    def turned(path: object, *more: object, **named: object) -> int:
        if path == "good":
            (folder / "good").unlink()
            (folder / "good").symlink_to(folder.parent / "other")
        return opened(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(mounted_files.os, "open", turned)
    with pytest.raises(SecretUnavailable):
        read(folder, "good")


def test_a_folder_that_is_exchanged_all_the_time(tmp_path: Path) -> None:
    """As Kubernetes does it, only faster: every look finds one whole value or the next."""
    folder = tmp_path / "mounted"
    folder.mkdir(mode=0o700)

    def exchange(turn: int) -> None:
        made = folder / f"..{turn}"
        made.mkdir(mode=0o700)
        secret(made / "pw", f"{turn}:" + "x" * (turn % 7) + "\n")
        (folder / "..next").symlink_to(made.name)
        (folder / "..next").rename(folder / "..data")
        if turn:
            (folder / f"..{turn - 1}" / "pw").unlink()
            (folder / f"..{turn - 1}").rmdir()

    exchange(0)
    (folder / "pw").symlink_to("..data/pw")
    ended = threading.Event()

    def keep_exchanging() -> None:
        for turn in range(1, 300):
            exchange(turn)
        ended.set()

    thread = threading.Thread(target=keep_exchanging)
    thread.start()
    last, seen = 0, 0
    while not ended.is_set():
        try:
            turn, _, rest = read(folder, "pw").partition(":")
        except SecretUnavailable as error:
            assert "changed each time" in str(error) or isinstance(error, SecretMissing)  # noqa: PT017
            continue
        assert rest == "x" * (int(turn) % 7)
        assert int(turn) >= last
        last, seen = int(turn), seen + 1
    thread.join(10)
    assert seen > 10


@pytest.mark.parametrize("name", [".env", ".env.production", ".ENV", ".envrc"])
def test_a_dotenv_file_by_way_of_a_folder(folder: Path, name: str) -> None:
    """Production has no store for it, so no other store reads it; not by a link either."""
    secret(folder / name, f"PW={OUTSIDE}\n")
    (folder / "link").symlink_to(name)
    for path in (name, "link"):
        with pytest.raises(SecretDenied, match=r"none of this store's") as caught:
            read(folder, path)
        assert OUTSIDE not in str(caught.value)


def test_another_hidden_file_is_read(folder: Path) -> None:
    """As Kubernetes calls a registry's credentials."""
    secret(folder / ".dockerconfigjson", "inside")
    assert read(folder, ".dockerconfigjson") == "inside"


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o606, 0o640, 0o644, 0o666])
def test_a_file_that_others_reach(folder: Path, mode: int) -> None:
    (folder / "good").chmod(mode)
    with pytest.raises(SecretDenied, match="by others"):
        read(folder, "good")


def test_a_folder_that_others_write(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(SecretDenied, match="written by others"):
        read(folder, "good")


def test_a_file_of_another_user(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file to another user")
    os.chown(folder / "good", 12345, 12345)
    with pytest.raises(SecretDenied, match="another user"):
        read(folder, "good")


def test_what_others_read_is_taken_from_a_read_only_mount_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Docker (0444) and Kubernetes (0644) mount secrets; writable by others is refused there too
    only where the mount lets them write."""
    (folder / "good").chmod(0o444)
    with pytest.raises(SecretDenied):
        read(folder, "good")
    monkeypatch.setattr(mounted_files, "_read_only", lambda handle: True)
    assert read(folder, "good") == "inside"


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_what_is_no_plain_file_does_not_block(folder: Path, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(folder / "odd", 0o600)
    else:
        (folder / "odd").mkdir()
    raised: list[SecretUnavailable] = []

    def attempt() -> None:
        try:
            read(folder, "odd")
        except SecretUnavailable as error:
            raised.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    assert len(raised) == 1


def test_a_file_without_end_costs_no_memory(folder: Path) -> None:
    with (folder / "good").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SecretUnavailable, match="secret_bytes"):
        read(folder, "good")


def test_what_is_no_text_is_refused_and_not_shown(folder: Path) -> None:
    (folder / "good").write_bytes(b"\xff\xfe" + OUTSIDE.encode())
    with pytest.raises(SecretUnavailable) as caught:
        read(folder, "good")
    assert OUTSIDE not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_secret_that_is_missing_or_empty(folder: Path) -> None:
    (folder / "good").write_bytes(b"\n")
    with pytest.raises(SecretUnavailable, match="empty"):
        read(folder, "good")
    with pytest.raises(SecretMissing):
        read(folder, "nothing")
    with pytest.raises(SecretMissing):
        read(folder / "not-mounted", "good")


def test_a_dotenv_file_that_others_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PW=x\n")
    (tmp_path / ".env").chmod(0o644)
    with pytest.raises(SecretDenied):
        DotenvStore(tmp_path / ".env").fetch("PW", "")


def test_a_dotenv_file_expands_nothing_and_sets_no_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER", OUTSIDE)
    secret(tmp_path / ".env", "PW=${OTHER}x\nLOCKGATE_CANARY=1\nBARE\n")
    store = DotenvStore(tmp_path / ".env")
    assert store.fetch("PW", "").value.reveal() == "${OTHER}x"
    assert "LOCKGATE_CANARY" not in os.environ
    with pytest.raises(SecretMissing):
        store.fetch("BARE", "")
    with pytest.raises(SecretMissing):
        store.fetch("OTHER", "")


@pytest.mark.parametrize("name", ["A B", "1A", "PATH=", "", "Ä"])
def test_a_variable_that_none_can_be(name: str) -> None:
    with pytest.raises(SecretMissing):
        EnvironmentStore(variables={name: OUTSIDE}).fetch(name, "")


def test_a_secret_longer_than_its_limit() -> None:
    store = EnvironmentStore(variables={"A": "x" * 20}, limits=Limits(secret_bytes=10))
    with pytest.raises(SecretUnavailable, match="secret_bytes"):
        store.fetch("A", "")
