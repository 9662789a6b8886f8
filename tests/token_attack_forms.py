"""Attacks by the form of a token and by its header: name, the token, the reason it is refused."""

from __future__ import annotations

import json
import zlib

from token_cases import (
    ACCESS,
    HEADER,
    ID_HEADER,
    ISSUER,
    b64,
    compact_json,
    good,
    good_id,
    jwk,
    rsa_key,
    signed,
    with_header,
)

BODY = compact_json(ACCESS)
HEAD = compact_json(HEADER)


def _parts() -> list[str]:
    return good().split(".")


def _resigned(head: str, body: str) -> str:
    """Segments as they are, truly signed."""
    from token_cases import sign

    return f"{head}.{body}.{b64(sign('RS256', rsa_key(), f'{head}.{body}'.encode()))}"


def _other_last_bits(text: str) -> str:
    """Another character at the end whose unused bits differ: leniently read, the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    while len(text.rsplit(".", 1)[1]) % 4 == 0:
        raise AssertionError("no unused bits")
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def _json_form(flat: bool) -> str:
    head, body, signature = _parts()
    one = {"protected": head, "signature": signature}
    return json.dumps({"payload": body, **(one if flat else {"signatures": [one]})})


def _nested(depth: int) -> str:
    deep = b'{"x":' + b"[" * depth + b"]" * depth + b"," + BODY[1:]
    return signed(HEADER, deep)


MALFORMED = "token-malformed"
FORMS = [
    ("empty", lambda: "", MALFORMED),
    ("one segment", lambda: _parts()[0], MALFORMED),
    ("no signature segment", lambda: ".".join(_parts()[:2]), MALFORMED),
    ("empty signature", lambda: ".".join([*_parts()[:2], ""]), MALFORMED),
    ("empty header", lambda: ".".join(["", *_parts()[1:]]), MALFORMED),
    ("detached payload", lambda: ".".join([_parts()[0], "", _parts()[2]]), MALFORMED),
    ("four segments", lambda: good() + ".e30", MALFORMED),
    ("five segments as an encrypted token", lambda: good() + ".e30.e30", MALFORMED),
    ("JSON form, flattened", lambda: _json_form(True), MALFORMED),
    ("JSON form, general", lambda: _json_form(False), MALFORMED),
    ("space before", lambda: " " + good(), MALFORMED),
    ("line break behind", lambda: good() + "\n", MALFORMED),
    ("line break inside", lambda: good()[:40] + "\n" + good()[40:], MALFORMED),
    ("NUL behind", lambda: good() + "\x00", MALFORMED),
    ("Bearer before", lambda: "Bearer " + good(), MALFORMED),
    ("padding", lambda: ".".join([_parts()[0], _parts()[1], _parts()[2] + "=="]), MALFORMED),
    ("full-width full stops", lambda: good().replace(".", "．"), MALFORMED),
    ("a letter of another script", lambda: good().replace("e", "е", 1), MALFORMED),
    ("a digit of another script", lambda: good() + "٣", MALFORMED),
    ("standard base64 instead of base64url", lambda: good()[:-4] + "+/+/", MALFORMED),
    ("an impossible length of a segment", lambda: _resigned(b64(HEAD) + "A" * 4, "A"), MALFORMED),
    ("other unused bits of the signature", lambda: _other_last_bits(good()), MALFORMED),
    ("header is no JSON", lambda: signed(b"alg=RS256", BODY), MALFORMED),
    ("header is a list", lambda: signed(b"[" + HEAD + b"]", BODY), MALFORMED),
    ("header is null", lambda: signed(b"null", BODY), MALFORMED),
    ("header with a byte order mark", lambda: signed(b"\xef\xbb\xbf" + HEAD, BODY), MALFORMED),
    ("header in UTF-16", lambda: signed(HEAD.decode().encode("utf-16"), BODY), MALFORMED),
    ("header that is no UTF-8", lambda: signed(HEAD[:-1] + b',"\xff":1}', BODY), MALFORMED),
    ("alg twice", lambda: signed(b'{"alg":"none",' + HEAD[1:], BODY), MALFORMED),
    ("kid twice", lambda: signed(HEAD[:-1] + b',"kid":"ed"}', BODY), MALFORMED),
    ("kid twice, once escaped", lambda: signed(HEAD[:-1] + b',"\\u006bid":"ed"}', BODY), MALFORMED),
    ("sub twice", lambda: signed(HEADER, b'{"sub":"canary",' + BODY[1:]), MALFORMED),
    ("exp twice", lambda: signed(HEADER, BODY[:-1] + b',"exp":99999999999}'), MALFORMED),
    (
        "a name twice deep inside",
        lambda: signed(HEADER, BODY[:-1] + b',"x":{"a":{"b":1,"b":2}}}'),
        MALFORMED,
    ),
    ("claims are a list", lambda: signed(HEADER, b"[" + BODY + b"]"), MALFORMED),
    ("claims are a text", lambda: signed(HEADER, b'"canary"'), MALFORMED),
    ("claims are no JSON", lambda: signed(HEADER, b"canary"), MALFORMED),
    ("claims with NaN", lambda: signed(HEADER, BODY[:-1] + b',"x":NaN}'), MALFORMED),
    ("claims with -Infinity", lambda: signed(HEADER, BODY[:-1] + b',"x":-Infinity}'), MALFORMED),
    ("claims with a comment", lambda: signed(HEADER, BODY[:-1] + b"/*canary*/}"), MALFORMED),
    ("claims and more behind", lambda: signed(HEADER, BODY + b"{}"), MALFORMED),
    ("claims with a comma too many", lambda: signed(HEADER, BODY[:-1] + b",}"), MALFORMED),
    ("compressed claims", lambda: signed(HEADER, zlib.compress(BODY)), MALFORMED),
    (
        "a raw control character in a text",
        lambda: signed(HEADER, BODY.replace(b"t-7391", b"t\x007")),
        MALFORMED,
    ),
    ("nested too deep", lambda: _nested(8), MALFORMED),
    ("nested to exhaust the stack", lambda: _nested(5_000), MALFORMED),
    (
        "brackets hidden behind an escaped quote",
        lambda: signed(HEADER, b'{"a\\"":' + b"[" * 9 + b"]" * 9 + b"," + BODY[1:]),
        MALFORMED,
    ),
    (
        "a number of ten thousand digits",
        lambda: signed(HEADER, BODY[:-1] + b',"x":' + b"9" * 10_000 + b"}"),
        MALFORMED,
    ),
    ("a token inside a token", lambda: signed(HEADER, good().encode()), MALFORMED),
    ("too long", lambda: good(padding="x" * 16_384), "token-too-large"),
    ("a megabyte", lambda: "A" * (1 << 20), "token-too-large"),
    ("a megabyte of full stops", lambda: "." * (1 << 20), "token-too-large"),
]


def _header(name: str, value: object) -> tuple[str, object, str]:
    return (f"header {name}", lambda: with_header(**{name: value}), "token-header")


def _typ(shown: str, value: object, reason: str = "token-type"):
    return (f"typ {shown}", lambda: with_header(typ=value), reason)


def _kid(shown: str, value: object, reason: str = "token-header"):
    return (f"kid {shown}", lambda: with_header(kid=value), reason)


def _alg(shown: str, value: object):
    header = HEADER | {"alg": value}
    return (
        f"alg {shown}",
        lambda: signed({k: v for k, v in header.items() if v is not ...}, ACCESS, None, "RS256"),
        "token-algorithm",
    )


def _own_key() -> str:
    key = rsa_key(2048, 7)
    return signed(HEADER | {"jwk": jwk(key, "rsa-1")}, ACCESS, key)


HEADERS = [
    _header("jku", ISSUER + "/keys"),
    _header("jku of the attacker", "https://canary.example.net/keys"),
    (
        "header jku to this machine",
        lambda: with_header(jku="http://127.0.0.1/keys"),
        "token-header",
    ),
    ("header jku a file", lambda: with_header(jku="file:///etc/passwd"), "token-header"),
    ("header x5u", lambda: with_header(x5u="https://canary.example.net/c"), "token-header"),
    ("header jwk, the attacker's key", _own_key, "token-header"),
    (
        "header jwk, the issuer's own key",
        lambda: with_header(jwk=jwk(rsa_key(), "rsa-1")),
        "token-header",
    ),
    _header("x5c", ["TUlJ"]),
    _header("crit", ["exp"]),
    ("header crit, empty", lambda: with_header(crit=[]), "token-header"),
    ("header b64 false", lambda: with_header(b64=False, crit=["b64"]), "token-header"),
    ("header b64 true", lambda: with_header(b64=True), "token-header"),
    _header("zip", "DEF"),
    _header("enc", "A256GCM"),
    _header("epk", {}),
    _header("cty", "JWT"),
    _header("iss", ISSUER),
    _header("nonce", "canary"),
    ("header x5t no text", lambda: with_header(x5t=["a"]), "token-header"),
    ("header x5t#S256 endless", lambda: with_header(**{"x5t#S256": "a" * 256}), "token-header"),
    ("header ALG in capitals", lambda: with_header(ALG="none"), "token-header"),
    _kid("missing", ...),
    _kid("null", None),
    _kid("empty", ""),
    _kid("a number", 1),
    _kid("a list", ["rsa-1"]),
    _kid("an object", {"kid": "rsa-1"}),
    _kid("endless", "k" * 256),
    _kid("with a NUL", "rsa-1\x00"),
    _kid("with a line break", "rsa-1\n"),
    _kid("with a space", "rsa-1 "),
    _kid("in another script", "rsа-1"),
    _kid("a path", "../../../../dev/null", "token-key-unknown"),
    _kid("SQL", "rsa-1'--", "token-key-unknown"),
    _kid("an address", "https://canary.example.net/k", "token-key-unknown"),
    _kid("in capitals", "RSA-1", "token-key-unknown"),
    _kid("with a prefix", "xrsa-1", "token-key-unknown"),
    _typ("missing on an access token", ..., "token-audience"),
    _typ("JWT on an access token", "JWT", "token-audience"),
    _typ("null", None, "token-header"),
    _typ("a number", 1, "token-header"),
    _typ("a list", ["at+jwt"], "token-header"),
    _typ("empty", "", "token-header"),
    _typ("with a space", "at+jwt ", "token-header"),
    _typ("with a NUL", "at+jwt\x00", "token-header"),
    _typ("of a log-out token", "logout+jwt"),
    _typ("of a security event", "secevent+jwt"),
    _typ("of a proof of possession", "dpop+jwt"),
    _typ("of a client's assertion", "client-authentication+jwt"),
    _typ("of an introspection", "token-introspection+jwt"),
    _typ("of a selective disclosure", "dc+sd-jwt"),
    _typ("JOSE", "JOSE"),
    _typ("of another tree", "text/at+jwt"),
    _typ("twice the prefix", "application/application/at+jwt"),
    (
        "typ at+jwt on an id token",
        lambda: signed(ID_HEADER | {"typ": "at+jwt"}, _id_claims()),
        "token-type",
    ),
    ("an id token with events", lambda: good_id(events={}), "token-type"),
    ("a nonce in an access token", lambda: good(nonce="n-1"), "token-type"),
    ("events in an access token", lambda: good(events={"x": {}}), "token-type"),
    _alg("missing", ...),
    _alg("null", None),
    _alg("a list", ["RS256"]),
    _alg("a number", 256),
    _alg("true", True),
    _alg("in small letters", "rs256"),
    _alg("with a space", "RS256 "),
    _alg("RS1", "RS1"),
    _alg("ES256K", "ES256K"),
    _alg("Ed448", "Ed448"),
    _alg("of an encryption, dir", "dir"),
    _alg("of an encryption, RSA1_5", "RSA1_5"),
    _alg("of an encryption by password", "PBES2-HS256+A128KW"),
    _alg("unknown", "canary"),
]


def _id_claims() -> dict[str, object]:
    from token_cases import ID_TOKEN

    return ID_TOKEN
