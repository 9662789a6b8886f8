"""Subjects' keys and frames: NIST's vectors, an implementation of our own here, and the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from vector_files import load

from lockgate.kernel import portable, portable_encrypt
from lockgate.kernel.binding import additional_data, ciphertext_binding
from lockgate.kernel.frame import HEADER_BYTES, frame_subjects
from lockgate.kernel.interface import Kernel
from lockgate.kernel.subject_keys import value_key
from lockgate.kernel.subjects import Subjects
from lockgate.secret import SecretBytes

NIST = load("sp800_108_cmac")["vectors"]
VECTORS = load("frame_v1_subjects")["vectors"]
OF_SUBJECTS = [vector for vector in VECTORS if "handle" in vector]
ALGORITHMS = {"subject": 3, "record": 4, "subject-record": 5}


def counter_mode(key: bytes, fixed: bytes, counter_bits: int, length: int) -> bytes:
    """SP 800-108r1, 4.1, as it is written, with CMAC-AES-256 and the counter first."""
    made = b""
    for counter in range(1, -(-length // 16) + 1):
        mac = CMAC(algorithms.AES(key))
        mac.update(counter.to_bytes(counter_bits // 8, "big") + fixed)
        made += mac.finalize()
    return made[:length]


def raw(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def named(vector: dict[str, Any]) -> str:
    return f"{vector['kind']}-{vector['column_id']}-{vector['value']!a}"


def beside(vector: dict[str, Any], before: int = 0) -> dict[str, Any]:
    """The vector's subject and record for a column with so many nulls before the value."""
    found: dict[str, Any] = {}
    if "handle" in vector:
        rows = pa.array([None] * before + [0], pa.int32())
        handles = pa.array([raw(vector, "handle")], pa.binary(16))
        found["subjects"] = Subjects(rows, handles, SecretBytes(raw(vector, "salt")))
    if "record" in vector:
        found["records"] = pa.array([None] * before + [raw(vector, "record")], pa.binary())
    return found


@pytest.mark.parametrize("vector", NIST, ids=lambda v: f"{v['counter_bits']} bits")
def test_nists_vectors_of_the_kdf(vector: dict[str, Any]) -> None:
    made = counter_mode(
        raw(vector, "key"), raw(vector, "fixed"), vector["counter_bits"], vector["length"]
    )
    assert made.hex() == vector["output"]


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_value_key_is_that_kdf_of_label_and_salt(key: bytes, salt: bytes) -> None:
    fixed = b"subject\0" + salt + (256).to_bytes(4, "big")
    assert value_key(key, salt) == counter_mode(key, fixed, 32, 32)


def test_a_salt_of_another_length_gives_no_key() -> None:
    for length in (0, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            value_key(bytes(32), bytes(length))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_keys_and_additional_data_of_a_vector(vector: dict[str, Any]) -> None:
    key = HKDF(SHA256(), 32, None, raw(vector, "info")).derive(raw(vector, "domain_key"))
    place = ciphertext_binding(vector["contract_id"], vector["column_id"])
    frame = raw(vector, "frame")
    start = frame[: HEADER_BYTES + (16 if "handle" in vector else 0)]
    record = raw(vector, "record") if "record" in vector else None

    assert (key.hex(), place.hex()) == (vector["key"], vector["associated"])
    assert additional_data(place, start, record).hex() == vector["additional_data"]
    assert frame[0] == 0x10 | ALGORITHMS[vector["kind"]]
    if "salt" in vector:
        assert value_key(key, raw(vector, "salt")).hex() == vector["value_key"]


@pytest.mark.parametrize("vector", OF_SUBJECTS, ids=named)
def test_a_frame_of_a_subject_is_aes_gcm(vector: dict[str, Any]) -> None:
    frame, nonce = raw(vector, "frame"), raw(vector, "nonce")

    assert frame[4:32] == raw(vector, "handle") + nonce
    opened = AESGCM(raw(vector, "value_key")).decrypt(
        nonce, frame[32:], raw(vector, "additional_data")
    )
    assert opened == vector["canonical"].encode()


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_vector_opens(kernel: Kernel, vector: dict[str, Any]) -> None:
    pair = (ALGORITHMS[vector["kind"]], vector["key_number"])
    keys, places = {pair: SecretBytes(raw(vector, "key"))}, {pair[0]: raw(vector, "associated")}
    for frame in (raw(vector, "frame"), vector["text"]):
        column = pa.array([None, frame])
        opened = kernel.reveal(column, keys, places, **beside(vector, before=1))
        assert opened.to_pylist() == [None, vector["canonical"].encode()]
        assert kernel.frame_subjects(column).equals(frame_subjects(column))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_vector_is_made(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only here a nonce can be set; cargo tests open the vectors, and hold the keys to them."""
    nonce = raw(vector, "nonce")
    monkeypatch.setattr(portable_encrypt, "token_bytes", lambda count: nonce[:count])
    key, number = SecretBytes(raw(vector, "key")), vector["key_number"]
    values, place = pa.array([vector["value"]]), raw(vector, "associated")

    for text, expected in ((False, raw(vector, "frame")), (True, vector["text"])):
        made = portable.PortableKernel().encrypt(
            values, key, place, number, text=text, **beside(vector)
        )
        assert made.to_pylist() == [expected]


def test_the_page_shows_every_vector(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "frame.md").read_text("utf-8")
    for vector in VECTORS:
        for name, value in vector.items():
            shown = json.dumps(value) if name in ("value", "canonical") else value
            assert name == "kind" or f"\n{name}: {shown}\n" in page
