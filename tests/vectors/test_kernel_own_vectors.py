"""Our own formats: the JSON vectors, the implementation and the reference pages say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from vector_files import expected, load, stored

from lockgate.errors import KernelError
from lockgate.kernel import portable, portable_encrypt
from lockgate.kernel.binding import bind, ciphertext_binding, token_binding
from lockgate.kernel.canonical import canonical
from lockgate.kernel.decode import decode
from lockgate.kernel.interface import HashAlgorithm, Kernel, Normaliser
from lockgate.secret import SecretBytes

CANONICAL = load("canonical_v1")["vectors"]
EXACT = [v for v in CANONICAL if v["normaliser"] == "exact" and v["canonical"] is not None]
FRAME = load("frame_v1")
TOKENS, CIPHERTEXTS, HASHES = (
    [v for v in FRAME["vectors"] if v["kind"] in kinds]
    for kinds in (("token",), ("ciphertext",), ("hash", "index"))
)


def named(vector: dict[str, Any]) -> str:
    return f"{vector['type']}-{vector['normaliser']}-{vector['value']!a}"


@pytest.mark.parametrize("vector", CANONICAL, ids=named)
def test_canonical_vector(kernel: Kernel, vector: dict[str, Any]) -> None:
    values = stored(vector["type"], vector["value"])
    normaliser = Normaliser(vector["normaliser"])

    if vector["canonical"] is None:
        assert kernel.encodable(values, normaliser, deterministic=False).to_pylist() == [False]
        with pytest.raises(KernelError, match="1 of 1 values"):
            kernel.canonical(values, normaliser)
    else:
        assert kernel.encodable(values, normaliser, deterministic=False) is None
        assert canonical_bytes(kernel, values, normaliser) == [expected(vector["canonical"])]


def canonical_bytes(kernel: Kernel, values: pa.Array, normaliser: Normaliser) -> list[bytes]:
    """What the kernel protects: of floats, only what it encrypts shows it."""
    key = SecretBytes(bytes(32))
    if not pa.types.is_floating(values.type):
        encoded = kernel.canonical(values, normaliser).to_pylist()
        if normaliser is not Normaliser.EXACT:
            return encoded
    frames = kernel.encrypt(values, key, b"", 1, text=False)
    opened: list[bytes] = kernel.reveal(frames, {(2, 1): key}, {2: b""}).to_pylist()
    assert pa.types.is_floating(values.type) or opened == encoded
    return opened


@pytest.mark.parametrize("vector", EXACT, ids=named)
def test_canonical_vector_decodes_to_the_value(vector: dict[str, Any]) -> None:
    values = stored(vector["type"], vector["value"])

    decoded = decode(pa.array([expected(vector["canonical"])], pa.binary()), values.type)

    again = canonical(decoded, Normaliser.EXACT, deterministic=False)
    assert again.to_pylist() == [expected(vector["canonical"])]
    assert decoded.type == values.type
    assert decoded.equals(values) or pa.types.is_floating(values.type)


@pytest.mark.parametrize("case", FRAME["bind"], ids=lambda case: str(case["parts"]))
def test_bind_vector(case: dict[str, Any]) -> None:
    assert bind(*case["parts"]).hex() == case["bytes"]


@pytest.mark.parametrize("vector", FRAME["vectors"], ids=lambda v: f"{v['kind']}-{v['value']}")
def test_key_vector_is_hkdf_of_the_domain_key(vector: dict[str, Any]) -> None:
    length = len(vector["key"]) // 2
    info = bytes.fromhex(vector["info"])

    derived = HKDF(SHA256(), length, None, info).derive(bytes.fromhex(vector["domain_key"]))

    assert derived.hex() == vector["key"]


@pytest.mark.parametrize("vector", TOKENS, ids=lambda v: v["value"])
def test_token_vector(kernel: Kernel, vector: dict[str, Any]) -> None:
    key = SecretBytes(bytes.fromhex(vector["key"]))
    values = pa.array([vector["value"]])
    normaliser = Normaliser(vector["normaliser"])
    associated = token_binding(vector["domain"])
    number = vector["key_number"]

    text = kernel.tokenize(values, normaliser, key, associated, number, text=True)
    binary = kernel.tokenize(values, normaliser, key, associated, number, text=False)

    assert associated.hex() == vector["associated"]
    assert binary.to_pylist() == [bytes.fromhex(vector["frame"])]
    assert text.to_pylist() == [vector["text"]]
    opened = kernel.reveal(text, {(1, number): key}, {1: associated})
    assert opened.to_pylist() == [vector["canonical"].encode()]


@pytest.mark.parametrize("vector", CIPHERTEXTS, ids=lambda v: f"{v['column_id']}-{v['value']}")
def test_ciphertext_vector_opens(kernel: Kernel, vector: dict[str, Any]) -> None:
    associated = ciphertext_binding(vector["contract_id"], vector["column_id"])
    keys = {(2, vector["key_number"]): SecretBytes(bytes.fromhex(vector["key"]))}

    for frame in (bytes.fromhex(vector["frame"]), vector["text"]):
        opened = kernel.reveal(pa.array([frame, None]), keys, {2: associated})
        assert opened.to_pylist() == [vector["canonical"].encode(), None]


@pytest.mark.parametrize("vector", CIPHERTEXTS, ids=lambda v: f"{v['column_id']}-{v['value']}")
def test_ciphertext_vector(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only here a nonce can be set; cargo tests set the native kernel's to the same vectors."""
    kernel = portable.PortableKernel()
    key = SecretBytes(bytes.fromhex(vector["key"]))
    nonce = bytes.fromhex(vector["nonce"])
    row = int.from_bytes(nonce[20:], "big")
    values = pa.array([None] * row + [vector["value"]], pa.string())
    associated = ciphertext_binding(vector["contract_id"], vector["column_id"])
    number = vector["key_number"]
    monkeypatch.setattr(portable_encrypt, "token_bytes", lambda count: nonce[:count])

    text = kernel.encrypt(values, key, associated, number, text=True)
    binary = kernel.encrypt(values, key, associated, number, text=False)

    assert associated.hex() == vector["associated"]
    assert binary[row].as_py() == bytes.fromhex(vector["frame"])
    assert text[row].as_py() == vector["text"]
    opened = kernel.reveal(binary, {(2, number): key}, {2: associated})
    assert opened[row].as_py() == vector["canonical"].encode()


@pytest.mark.parametrize("vector", HASHES, ids=lambda v: f"{v['kind']}-{v['algorithm']}")
def test_hash_vector(kernel: Kernel, vector: dict[str, Any]) -> None:
    key = SecretBytes(bytes.fromhex(vector["key"]))
    values = pa.array([vector["value"]])
    normaliser, algorithm = Normaliser(vector["normaliser"]), HashAlgorithm(vector["algorithm"])

    text = kernel.hash(values, normaliser, key, algorithm, text=True)
    binary = kernel.hash(values, normaliser, key, algorithm, text=False)

    assert text.to_pylist() == [vector["output"]]
    assert binary.to_pylist() == [bytes.fromhex(vector["output"])]


def test_the_pages_show_every_vector(repository: Path) -> None:
    reference = repository / "docs" / "reference"
    encoding = (reference / "canonical-encoding.md").read_text("utf-8").splitlines()
    frame = (reference / "frame.md").read_text("utf-8")

    for vector in CANONICAL:
        canonical_cell = "refused"
        if vector["canonical"] is not None:
            canonical_cell = f"`{json.dumps(vector['canonical'])}`"
        cells = (vector["type"], vector["normaliser"], f"`{json.dumps(vector['value'])}`")
        assert f"| {' | '.join(cells)} | {canonical_cell} |" in encoding
    for vector in FRAME["vectors"]:
        for name in ("info", "key", "frame", "text", "output", "nonce", "additional_data"):
            if name in vector:
                assert f"\n{name}: {vector[name]}\n" in frame
    for case in FRAME["bind"]:
        assert f"| `{json.dumps(case['parts'])}` | `{case['bytes']}` |" in frame
