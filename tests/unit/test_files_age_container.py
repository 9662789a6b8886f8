"""age containers: the format's keys, streaming, and what a failing disk or a failed run leaves."""

from __future__ import annotations

import io
import threading

import pytest

from lockgate.adapters.connectors.files.age_container import AgeWriter, _identity, open_container
from lockgate.errors import ConfigurationError, IntegrityError
from lockgate.secret import SecretBytes

KEY, OTHER = SecretBytes(b"\x42" * 32), SecretBytes(b"\x01" * 32)
# The key pair of the format's published test files (C2SP, age).
IDENTITY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def sealed(content: bytes, key: SecretBytes = KEY) -> bytes:
    out = io.BytesIO()
    writer = AgeWriter(out, key, ())
    writer.write(content)
    writer.close()
    return out.getvalue()


def running() -> bool:
    return any(thread.name == "lockgate-age" for thread in threading.enumerate())


def test_a_key_is_the_formats_identity_of_those_bytes() -> None:
    assert str(_identity(KEY)) == IDENTITY
    assert str(_identity(KEY).to_public()) == RECIPIENT


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3 << 20])
def test_content_of_any_length_comes_back(size: int) -> None:
    content, out = bytes(range(256)) * (size // 256 + 1), io.BytesIO()
    assert open_container(io.BytesIO(sealed(content[:size])), out, [OTHER, KEY]) == 1
    assert out.getvalue() == content[:size]
    assert not running()


def test_pieces_give_what_one_piece_gives() -> None:
    out = io.BytesIO()
    writer = AgeWriter(out, KEY, ())
    for number in range(1_000):
        assert writer.write(b"%06d" % number) == 6
    writer.close()
    writer.close()
    opened = io.BytesIO()
    open_container(io.BytesIO(out.getvalue()), opened, [KEY])
    assert opened.getvalue() == b"".join(b"%06d" % number for number in range(1_000))


@pytest.mark.parametrize("damage", ["cut", "turned", "header", "another key", "nothing"])
def test_what_does_not_open_says_one_thing(damage: str) -> None:
    content = sealed(b"x" * 200_000)
    damaged = {
        "cut": content[:-70_000],
        "turned": content[:150_000] + bytes([content[150_000] ^ 1]) + content[150_001:],
        "header": b"age-encryption.org/v9" + content[21:],
        "another key": sealed(b"x", OTHER),
        "nothing": b"",
    }[damage]
    with pytest.raises(IntegrityError, match="^LG-601 the sealed file does not open$"):
        open_container(io.BytesIO(damaged), io.BytesIO(), [KEY])


class Full(io.BytesIO):
    """A disk that takes so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: object) -> int:
        if self.tell() > self.room:
            raise OSError(28, "No space left on device")
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("room", [-1, 0, 300_000])
def test_a_full_disk_is_told_to_whoever_writes_or_closes(room: int) -> None:
    writer = AgeWriter(Full(room), KEY, ())

    def fill() -> None:
        for _ in range(40):
            writer.write(bytes(1 << 20))
        writer.close()

    with pytest.raises(OSError, match="No space left"):
        fill()
    writer.give_up()
    assert not running()


def test_what_is_given_up_ends_its_thread_and_is_no_container() -> None:
    out = io.BytesIO()
    writer = AgeWriter(out, KEY, ())
    writer.write(bytes(8 << 20))
    writer.give_up()
    writer.write(b"Arrow flushes what it still holds")
    assert not running()
    with pytest.raises(IntegrityError):
        open_container(io.BytesIO(out.getvalue()), io.BytesIO(), [KEY])
    AgeWriter(out, KEY, ()).give_up()


def test_a_full_disk_while_opening_is_no_broken_file() -> None:
    with pytest.raises(OSError, match="No space left"):
        open_container(io.BytesIO(sealed(bytes(1 << 20))), Full(100_000), [KEY])


def test_a_recipient_that_is_none_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigurationError) as refused:
        AgeWriter(io.BytesIO(), KEY, ["age1" + "q" * 58])
    assert "qqqq" not in str(refused.value)
