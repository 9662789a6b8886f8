"""The vectors of the Fernet specification (github.com/fernet/spec), and what it refuses."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.fernet import Fernet

from lockgate.kernel.fernet import NO_KEY, fernet_opened, fernet_tokens
from lockgate.secret import SecretBytes

VECTORS = json.loads(Path(__file__).with_name("fernet.json").read_text(encoding="utf-8"))
SECRET, TOKEN, NOW = VECTORS["secret"], VECTORS["token"], VECTORS["now"]
KEY = SecretBytes(base64.urlsafe_b64decode(SECRET))
OTHER = SecretBytes(bytes(32))
INVALID = {
    **VECTORS["invalid"],
    "another version": "gQAA" + TOKEN[4:],
    "text around it": " " + TOKEN,
    "a line end": TOKEN + "\n",
    "characters that decoders pass over": TOKEN[:20] + "!!!!" + TOKEN[20:],
    "no padding": TOKEN.rstrip("="),
    "nothing": "",
}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_the_specifications_token_opens(kind: pa.DataType) -> None:
    opened, used = fernet_opened(pa.array([TOKEN, None]).cast(kind), [OTHER, KEY])
    assert opened.to_pylist() == [b"hello", None]
    assert used.tolist() == [1, NO_KEY]


@pytest.mark.parametrize("why", INVALID)
def test_what_is_no_token_of_the_key_does_not_open(why: str) -> None:
    opened, used = fernet_opened(pa.array([INVALID[why], TOKEN]), [KEY])
    assert opened.to_pylist() == [None, b"hello"]
    assert used.tolist() == [NO_KEY, 0]


def test_the_same_iv_and_time_give_the_specifications_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cryptography.fernet.os.urandom", lambda size: bytes(range(size)))
    made = fernet_tokens(pa.array([b"hello", None], pa.binary()), KEY, NOW, text=True)
    assert made.to_pylist() == [TOKEN, None]


def test_both_forms_are_what_the_library_reads_and_tell_the_time_they_were_given() -> None:
    library = Fernet(SECRET)
    values = pa.array([b"", b"\x00\xff" * 40, "Gr\u00fc\u00dfe".encode()], pa.binary())
    for text in (True, False):
        made = fernet_tokens(values, KEY, NOW, text=text)
        assert made.type == (pa.string() if text else pa.binary())
        assert [library.decrypt(token) for token in made.to_pylist()] == values.to_pylist()
        assert {library.extract_timestamp(token) for token in made.to_pylist()} == {NOW}
        assert len(set(made.to_pylist())) == len(made)


def test_every_bit_of_a_token_counts() -> None:
    raw = base64.urlsafe_b64decode(TOKEN)
    turned = [
        base64.urlsafe_b64encode(raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]).decode()
        for at in range(len(raw))
        for bit in (1, 128)
    ]
    opened, _ = fernet_opened(pa.array(turned), [KEY])
    assert opened.null_count == len(turned)
