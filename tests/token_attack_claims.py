"""Attacks by what a truly signed token claims: name, the token, the reason it is refused."""

from __future__ import annotations

from token_cases import (
    ACCESS,
    AT,
    AUDIENCE,
    CLIENT,
    HEADER,
    ISSUER,
    compact_json,
    good,
    good_id,
    signed,
)

_BODY = compact_json(ACCESS)


def _each(claim: str, reason: str, values: dict[str, object]):
    return [
        (f"{claim} {shown}", lambda value=value: good(**{claim: value}), reason)
        for shown, value in values.items()
    ]


def _raw(claim: str, raw: bytes) -> str:
    """A number as no JSON writer writes it."""
    without = {name: value for name, value in ACCESS.items() if name != claim}
    return signed(HEADER, compact_json(without)[:-1] + b',"' + claim.encode() + b'":' + raw + b"}")


_NO_TIMES = {
    "null": None,
    "a text": str(AT),
    "an empty text": "",
    "true": True,
    "false": False,
    "a list": [AT],
    "an object": {"at": AT},
    "negative": -1,
    "in milliseconds": AT * 1_000_000,
    "beyond every year": 1e308,
}

CLAIMS = [
    *_each(
        "iss",
        "token-issuer",
        {
            "missing": ...,
            "null": None,
            "empty": "",
            "another": "https://canary.example.org",
            "with a slash behind": ISSUER + "/",
            "with a path behind": ISSUER + "/canary",
            "in capitals": ISSUER.upper(),
            "over http": ISSUER.replace("https", "http"),
            "with a port": ISSUER + ":443",
            "as a prefix": ISSUER[:-1],
            "of a longer host": ISSUER + ".example.net",
            "with a user before": "https://id.example.org@canary.example.net",
            "with a space behind": ISSUER + " ",
            "with a NUL behind": ISSUER + "\x00",
            "in another script": ISSUER.replace("e", "е", 1),
            "a list of it": [ISSUER],
            "a number": 1,
            "the built-in issuer's": "lockgate:shop",
        },
    ),
    *_each(
        "aud",
        "token-audience",
        {
            "missing": ...,
            "null": None,
            "empty": "",
            "another": "https://canary.example.org",
            "the client": CLIENT,
            "the issuer": ISSUER,
            "a prefix": AUDIENCE[:-1],
            "longer": AUDIENCE + "/x",
            "with a slash behind": AUDIENCE + "/",
            "in capitals": AUDIENCE.upper(),
            "a star": "*",
            "a list without it": ["a", "b"],
            "an empty list": [],
            "a list of lists": [[AUDIENCE]],
            "a list with a number": [AUDIENCE, 1],
            "a list with it twice": [AUDIENCE, AUDIENCE],
            "a list of seventeen": [AUDIENCE, *map(str, range(16))],
            "an object": {AUDIENCE: True},
            "several in one text": f"{AUDIENCE} {CLIENT}",
            "a number": 1,
            "true": True,
        },
    ),
    *_each(
        "client_id",
        "token-client",
        {"another": "canary", "a number": 1, "null": None, "empty": "", "a list": [CLIENT]},
    ),
    ("of no client", lambda: good(client_id=...), "token-client"),
    ("of no client, with an empty azp", lambda: good(client_id=..., azp=""), "token-client"),
    ("cid another", lambda: good(cid="canary"), "token-client"),
    ("cid another, without client_id", lambda: good(cid="canary", client_id=...), "token-client"),
    ("cid a list", lambda: good(cid=[CLIENT], client_id=...), "token-client"),
    ("azp ours and cid another", lambda: good(azp=CLIENT, cid="x", client_id=...), "token-client"),
    ("appid alone", lambda: good(appid=CLIENT, client_id=...), "token-client"),
    ("sub the client of cid", lambda: good(sub=CLIENT, cid=CLIENT, client_id=...), "token-subject"),
    ("azp another", lambda: good(azp="canary"), "token-client"),
    ("azp another, without client_id", lambda: good(azp="canary", client_id=...), "token-client"),
    ("azp of an id token another", lambda: good_id(azp="canary"), "token-client"),
    (
        "several audiences of an id token without azp",
        lambda: good_id(aud=[CLIENT, "b"]),
        "token-client",
    ),
    ("an id token for another client", lambda: good_id(aud="canary"), "token-audience"),
    ("an id token for our audience", lambda: good_id(aud=AUDIENCE), "token-audience"),
    *_each(
        "sub",
        "token-subject",
        {
            "missing": ...,
            "null": None,
            "empty": "",
            "a number": 7,
            "a list": ["00u-ada"],
            "an object": {"id": "00u-ada"},
            "true": True,
            "of 256 characters": "a" * 256,
            "with a NUL": "00u-ada\x00",
            "with a line break": "00u-ada\ncanary",
            "with a space behind": "00u-ada ",
            "with a tab": "00u\tada",
            "in another script": "00u-аda",
            "with a joiner": "00u-\u200dada",
            "with a reversal": "00u-\u202eada",
            "with half a surrogate": "00u-\ud800",
            "with an escape sequence": "\x1b]0;canary\x07",
            "the client's own": CLIENT,
        },
    ),
    *_each("exp", "token-times", {"missing": ..., **_NO_TIMES}),
    *_each("iat", "token-times", {"missing": ..., **_NO_TIMES}),
    *_each("nbf", "token-times", _NO_TIMES),
    *_each("auth_time", "token-times", _NO_TIMES),
    ("exp an overflowing number", lambda: _raw("exp", b"1e999"), "token-times"),
    ("exp of four hundred digits", lambda: _raw("exp", b"9" * 400), "token-times"),
    ("exp in the past", lambda: good(iat=AT - 600, exp=AT - 60), "token-expired"),
    ("exp long past", lambda: good(iat=1, exp=2), "token-expired"),
    ("exp at the beginning of time", lambda: good(iat=AT, exp=0), "token-times"),
    ("exp before iat", lambda: good(exp=AT - 1), "token-times"),
    ("exp at iat", lambda: good(exp=AT), "token-times"),
    ("a life of more than a day", lambda: good(exp=AT + 86_401), "token-times"),
    ("a life of ten years", lambda: good(exp=AT + 315_360_000), "token-times"),
    ("iat long ago for a long life", lambda: good(iat=AT - 86_400, exp=AT + 1), "token-times"),
    ("iat in the future", lambda: good(iat=AT + 61, auth_time=...), "token-not-yet-valid"),
    ("nbf in the future", lambda: good(nbf=AT + 61), "token-not-yet-valid"),
    ("auth_time in the future", lambda: good(auth_time=AT + 61), "token-not-yet-valid"),
    *_each(
        "groups",
        "token-claim",
        {
            "a text": "admins",
            "null": None,
            "an object": {"admins": True},
            "a number": 1,
            "with a number": ["a", 1],
            "with a list": [["admins"]],
            "with null": [None],
            "with an empty one": [""],
            "with spaces around": [" admins"],
            "with a line break": ["admins\ncanary"],
            "with a NUL": ["admins\x00"],
            "with a reversal": ["\u202esnimda"],
            "with a joiner": ["ad\u200dmins"],
            "of 256 characters": ["g" * 256],
            "too many": [f"g{number}" for number in range(501)],
        },
    ),
    *_each(
        "amr",
        "token-claim",
        {"a text": "pwd", "with an object": [{}], "with a line break": ["pwd\n"], "null": None},
    ),
    *_each(
        "sid",
        "token-claim",
        {"a number": 1, "null": None, "with a line break": "s\n1", "of 256 characters": "s" * 256},
    ),
    ("jti a number", lambda: good(sid=..., jti=7), "token-claim"),
    ("jti with a reversal", lambda: good(sid=..., jti="\u202e7"), "token-claim"),
]
