"""Attacks on a token's signature and algorithm: name, the token, the reason it is refused."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from token_cases import (
    ACCESS,
    HEADER,
    all_keys,
    b64,
    compact_json,
    ec_key,
    ed_key,
    good,
    rsa_key,
    sign,
    signed,
)

ALGORITHM, SIGNATURE = "token-algorithm", "token-signature"


def _with_signature(raw: bytes, header: dict[str, object] = HEADER) -> str:
    return f"{b64(compact_json(header))}.{b64(compact_json(ACCESS))}.{b64(raw)}"


def _message(header: dict[str, object] = HEADER) -> bytes:
    return f"{b64(compact_json(header))}.{b64(compact_json(ACCESS))}".encode()


def _signature() -> bytes:
    return sign("RS256", rsa_key(), _message())


def _public(encoding: Encoding, form: PublicFormat, key: object = None) -> bytes:
    return (key or rsa_key()).public_key().public_bytes(encoding, form)  # type: ignore[attr-defined]


def _mac(algorithm: str, key: bytes, kid: str = "rsa-1") -> str:
    return signed(HEADER | {"alg": algorithm, "kid": kid}, ACCESS, key)


PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
RAW = (Encoding.Raw, PublicFormat.Raw)
ES = {"typ": "at+jwt", "alg": "ES256", "kid": "p256"}
ED = {"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"}
_ORDER_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ORDER_ED25519 = 2**252 + 27742317777372353535851937790883648493


def _es_zero(r: int, s: int) -> str:
    return _with_signature(r.to_bytes(32) + s.to_bytes(32), ES)


def _es_der() -> str:
    return _with_signature(ec_key("P-256").sign(_message(ES), ec.ECDSA(hashes.SHA256())), ES)


def _ed_raised() -> str:
    """S + L instead of S: the same point, which RFC 8032, section 5.1.7, refuses."""
    good_one = ed_key().sign(_message(ED))
    s = int.from_bytes(good_one[32:], "little") + _ORDER_ED25519
    return _with_signature(good_one[:32] + s.to_bytes(32, "little"), ED)


def _none(name: str) -> str:
    return signed(HEADER | {"alg": name}, ACCESS, None, "RS256")


def _spliced(part: int) -> str:
    segments, other = good().split("."), good(sub="canary").split(".")
    if part == 0:
        other = signed(HEADER | {"typ": "AT+JWT"}, ACCESS).split(".")
    segments[part] = other[part]
    return ".".join(segments)


def _raised() -> bytes:
    value = int.from_bytes(_signature()) + rsa_key().public_key().public_numbers().n
    return value.to_bytes(257)


def _widened() -> str:
    raw = sign("ES256", ec_key("P-256"), _message(ES))
    return _with_signature(b"\x00" + raw[:32] + b"\x00" + raw[32:], ES)


SIGNATURES = [
    *(
        (f"alg {name} with a signature", lambda name=name: _none(name), ALGORITHM)
        for name in ("none", "None", "NONE", "nOnE", "none ", "")
    ),
    (
        "alg none without a signature",
        lambda: signed(HEADER | {"alg": "none"}, ACCESS),
        "token-malformed",
    ),
    ("HS256 under the public key's PEM", lambda: _mac("HS256", _public(*PEM)), ALGORITHM),
    (
        "HS256 under the PEM without its last line break",
        lambda: _mac("HS256", _public(*PEM).strip()),
        ALGORITHM,
    ),
    ("HS384 under the public key's PEM", lambda: _mac("HS384", _public(*PEM)), ALGORITHM),
    ("HS512 under the public key's DER", lambda: _mac("HS512", _public(*DER)), ALGORITHM),
    (
        "HS256 under the public key's modulus",
        lambda: _mac("HS256", all_keys()[0]["n"].encode()),
        ALGORITHM,
    ),
    ("HS256 under the public JWK", lambda: _mac("HS256", compact_json(all_keys()[0])), ALGORITHM),
    (
        "HS256 under Ed25519's public bytes",
        lambda: _mac("HS256", _public(*RAW, ed_key()), "ed"),
        ALGORITHM,
    ),
    ("HS256 under an empty key", lambda: _mac("HS256", b"\x00"), ALGORITHM),
    ("HS256 under the key's id", lambda: _mac("HS256", b"rsa-1"), ALGORITHM),
    (
        "ES256 under an RSA key",
        lambda: signed(HEADER | {"alg": "ES256"}, ACCESS, ec_key("P-256")),
        ALGORITHM,
    ),
    (
        "EdDSA under an RSA key",
        lambda: signed(HEADER | {"alg": "EdDSA"}, ACCESS, ed_key()),
        ALGORITHM,
    ),
    ("RS256 under an EC key", lambda: signed(HEADER | {"kid": "p256"}, ACCESS), ALGORITHM),
    ("RS256 under an Ed25519 key", lambda: signed(HEADER | {"kid": "ed"}, ACCESS), ALGORITHM),
    (
        "ES256 under a P-384 key",
        lambda: signed(ES | {"kid": "p384"}, ACCESS, ec_key("P-256")),
        ALGORITHM,
    ),
    (
        "ES384 under a P-256 key",
        lambda: signed(ES | {"alg": "ES384"}, ACCESS, ec_key("P-384")),
        ALGORITHM,
    ),
    (
        "ES512 under a P-256 key",
        lambda: signed(ES | {"alg": "ES512"}, ACCESS, ec_key("P-521")),
        ALGORITHM,
    ),
    (
        "Ed25519 under a P-256 key",
        lambda: signed(ED | {"kid": "p256"}, ACCESS, ed_key()),
        ALGORITHM,
    ),
    (
        "RS256 said to be PS256",
        lambda: signed(HEADER | {"alg": "PS256"}, ACCESS, None, "RS256"),
        SIGNATURE,
    ),
    ("PS256 said to be RS256", lambda: signed(HEADER, ACCESS, None, "PS256"), SIGNATURE),
    (
        "RS256 said to be RS512",
        lambda: signed(HEADER | {"alg": "RS512"}, ACCESS, None, "RS256"),
        SIGNATURE,
    ),
    ("signed by another RSA key", lambda: signed(HEADER, ACCESS, rsa_key(2048, 1)), SIGNATURE),
    ("signed by another P-256 key", lambda: signed(ES, ACCESS, ec_key("P-256", 1)), SIGNATURE),
    ("signed by another Ed25519 key", lambda: signed(ED, ACCESS, ed_key(1)), SIGNATURE),
    (
        "signature of another token",
        lambda: good().rsplit(".", 1)[0] + "." + good(sub="bob").rsplit(".", 1)[1],
        SIGNATURE,
    ),
    ("claims of another token", lambda: _spliced(1), SIGNATURE),
    ("header of another token", lambda: _spliced(0), SIGNATURE),
    ("signature cut", lambda: _with_signature(_signature()[:-1]), SIGNATURE),
    ("signature of one byte", lambda: _with_signature(b"\x00"), SIGNATURE),
    ("signature with a zero before", lambda: _with_signature(b"\x00" + _signature()), SIGNATURE),
    ("signature with a zero behind", lambda: _with_signature(_signature() + b"\x00"), SIGNATURE),
    ("signature of zeros", lambda: _with_signature(bytes(256)), SIGNATURE),
    ("signature of one, padded", lambda: _with_signature(bytes(255) + b"\x01"), SIGNATURE),
    ("signature raised by the modulus", lambda: _with_signature(_raised()), SIGNATURE),
    ("signature of 2 KiB", lambda: _with_signature(bytes(2_048)), SIGNATURE),
    ("ES256 with r and s of zero", lambda: _es_zero(0, 0), SIGNATURE),
    ("ES256 with r of zero", lambda: _es_zero(0, 1), SIGNATURE),
    ("ES256 with r and s of the order", lambda: _es_zero(_ORDER_P256, _ORDER_P256), SIGNATURE),
    ("ES256 in DER", _es_der, SIGNATURE),
    ("ES256 with a zero before each half", _widened, SIGNATURE),
    ("Ed25519 of zeros", lambda: _with_signature(bytes(64), ED), SIGNATURE),
    ("Ed25519 with S raised by the order", _ed_raised, SIGNATURE),
    ("Ed25519 cut", lambda: _with_signature(ed_key().sign(_message(ED))[:-1], ED), SIGNATURE),
]
