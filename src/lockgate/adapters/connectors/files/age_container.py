"""age containers (age-encryption.org/v1): text formats sealed as a whole, streaming.

The library pulls what it encrypts; writers push what they have. So it works on a thread of its
own, fed through a queue of few chunks: memory stays bounded, and the disk's refusals come back to
whoever writes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Protocol

from lockgate.errors import ConfigurationError, EnvironmentFailed, IntegrityError
from lockgate.secret import SecretBytes

if TYPE_CHECKING:
    import pyarrow as pa

_CHUNK_BYTES = 1 << 20
_CHUNKS = 4
_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # pragma: allowlist secret
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SECRET_PREFIX = "age-secret-key-"  # noqa: S105  # the format's word, not a secret


class _Out(Protocol):
    def write(self, data: bytes) -> int: ...


class AgeWriter:
    """A writable file object whose content ends up in ``out`` as an age container."""

    def __init__(self, out: _Out, key: SecretBytes, recipients: Sequence[str]) -> None:
        """Who holds ``key`` can open it, and each of ``recipients`` (``age1…``)."""
        self._to = _recipients(key, recipients)
        self._out = out
        self._chunks: queue.Queue[bytes | None] = queue.Queue(_CHUNKS)
        self._failed: BaseException | None = None
        self._given_up = False
        self._thread: threading.Thread | None = None
        self._rest = memoryview(b"")
        self.closed = False

    def write(self, data: bytes | memoryview | pa.Buffer) -> int:
        """Take all of ``data``, nothing once given up. Raises what the disk raised, if later."""
        view = memoryview(data).cast("B")
        if self._given_up:  # Arrow's writers flush what they still hold when they are let go
            return len(view)
        for at in range(0, len(view), _CHUNK_BYTES):
            self._put(bytes(view[at : at + _CHUNK_BYTES]))
        return len(view)

    def close(self) -> None:
        """End the container; everything was given to ``out`` then."""
        if self.closed:
            return
        self._put(None)
        self._join()
        self.closed = True
        if self._failed is not None:
            raise self._failed

    def give_up(self) -> None:
        """Stop. What was written is no whole container."""
        self._given_up = self.closed = True
        if self._thread is not None:
            with suppress(queue.Full):
                self._chunks.put_nowait(None)
            self._join()

    def writable(self) -> bool:
        """For pyarrow, which asks."""
        return True

    def flush(self) -> None:
        """Nothing can be hurried."""

    def _put(self, chunk: bytes | None) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="lockgate-age", daemon=True)
            self._thread.start()
        while self._failed is None and not self._given_up:
            with suppress(queue.Full):
                self._chunks.put(chunk, timeout=0.1)
                return
        if self._failed is not None:
            raise self._failed

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        import pyrage

        ended = False
        try:
            pyrage.encrypt_io(_Reader(self), _Keeper(self, self._out), self._to)
            ended = True
        except (pyrage.EncryptError, OSError):
            pass  # told to whoever writes
        finally:
            if not ended and self._failed is None:
                self._failed = EnvironmentFailed("the file could not be sealed")

    def taken(self, size: int) -> bytes:
        """What the library reads next: at most ``size`` bytes, none at the end."""
        while not self._rest and not self._given_up:
            with suppress(queue.Empty):
                chunk = self._chunks.get(timeout=0.1)
                if chunk is None:
                    return b""
                self._rest = memoryview(chunk)
        if self._given_up:
            raise OSError("given up")
        data, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return data

    def keep(self, error: BaseException) -> None:
        """Remember what the disk said: the library wraps it."""
        self._failed = error


class _Reader:
    def __init__(self, writer: AgeWriter) -> None:
        self._writer = writer

    def read(self, size: int = -1) -> bytes:
        return self._writer.taken(size if size > 0 else _CHUNK_BYTES)


class _Keeper:
    def __init__(self, writer: AgeWriter, out: _Out) -> None:
        self._writer = writer
        self._out = out

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except BaseException as error:
            self._writer.keep(error)
            raise

    def flush(self) -> None:
        pass


def open_container(sealed: IO[bytes], out: IO[bytes], keys: Sequence[SecretBytes]) -> int:
    """Write a container's content to ``out`` and return the place of the key that opened it.

    What fails half way has written some of it: the caller throws that away. Raises IntegrityError,
    whatever the reason, and what ``out`` raises.
    """
    import pyrage

    for at, key in enumerate(keys):
        sealed.seek(0)
        kept: list[BaseException] = []
        try:
            pyrage.decrypt_io(sealed, _Outlet(out, kept), [_identity(key)])
            return at
        except (pyrage.DecryptError, OSError):
            if kept:
                raise kept[0] from None
    raise IntegrityError("the sealed file does not open")


class _Outlet:
    def __init__(self, out: IO[bytes], kept: list[BaseException]) -> None:
        self._out = out
        self._kept = kept

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except BaseException as error:
            self._kept.append(error)
            raise

    def flush(self) -> None:
        self._out.flush()


def check_age() -> None:
    """Raise ConfigurationError unless the library is there."""
    try:
        import pyrage  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigurationError(
            "sealing CSV and JSON Lines needs the library pyrage",
            hint="pip install 'lockgate[age]'",
        ) from None


def _recipients(key: SecretBytes, others: Sequence[str]) -> list[Any]:
    import pyrage

    try:
        named = [pyrage.x25519.Recipient.from_str(text) for text in others]
    except pyrage.RecipientError:
        raise ConfigurationError(
            "a recipient of a sealed sink is no age recipient", hint="it begins with age1"
        ) from None
    return [_identity(key).to_public(), *named]


def _identity(key: SecretBytes) -> Any:
    import pyrage

    return pyrage.x25519.Identity.from_str(_bech32(_SECRET_PREFIX, key.reveal()).upper())


def _bech32(prefix: str, data: bytes) -> str:
    """BIP 173 text of bytes, as age writes its keys."""
    bits = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    length = (len(data) * 8 + 4) // 5
    words = [(bits >> (5 * (length - 1 - at))) & 31 for at in range(length)]
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    rest = _polymod([*spread, *words, 0, 0, 0, 0, 0, 0]) ^ 1
    check = [(rest >> (5 * (5 - at))) & 31 for at in range(6)]
    return f"{prefix}1" + "".join(_CHARSET[word] for word in (*words, *check))


def _polymod(words: Sequence[int]) -> int:
    value = 1
    for word in words:
        top = value >> 25
        value = (value & 0x1FFFFFF) << 5 ^ word
        for bit, generator in enumerate(_GENERATOR):
            value ^= generator if (top >> bit) & 1 else 0
    return value
