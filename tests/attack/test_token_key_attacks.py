"""Attacks on where keys come from: discovery documents, key sets, how often they are fetched."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from lockgate.access.ports import TokenVerifier
from lockgate.adapters.identity_providers.tokens.discovery import WELL_KNOWN, allowed
from lockgate.adapters.identity_providers.tokens.key_cache import seconds_awake_or_not
from lockgate.adapters.identity_providers.tokens.key_set import read_key_set
from lockgate.adapters.identity_providers.tokens.trusted import TrustedIssuers
from lockgate.errors import AuthenticationFailed
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText
from token_cases import (
    ACCESS,
    HEADER,
    ISSUER,
    KEY_SET,
    NOW,
    Served,
    World,
    all_keys,
    b64,
    compact_json,
    ec_key,
    good,
    jwk,
    rsa_key,
    serving,
    signed,
    with_header,
    world,
)

DISCOVERY = ISSUER + WELL_KNOWN
TTL = DEFAULT_LIMITS.key_set_seconds
COOLDOWN = DEFAULT_LIMITS.key_set_cooldown_seconds


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(AuthenticationFailed) as failed:
        act()
    assert failed.value.__context__ is None
    return failed.value.reason


def refused(served: Served) -> str:
    return reason(lambda: world(served).verify(good()))


# ------------------------------------------------------------------ how often, and for how long


def test_keys_are_fetched_once_for_many_tokens() -> None:
    one = world()
    for _ in range(20):
        one.verify(good())

    assert one.served.asked == [DISCOVERY, KEY_SET]


def test_fifty_threads_with_unknown_keys_cause_one_fetch() -> None:
    one = world()
    one.verify(good())
    one.clock.seconds += COOLDOWN
    start = threading.Barrier(50)

    def attack(number: int) -> str:
        token = with_header(kid=f"unknown-{number}")
        start.wait()
        return reason(lambda: one.verify(token))

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(attack, range(50))) == {"token-key-unknown"}
    assert one.served.times(KEY_SET) == 2


def test_fifty_threads_at_a_cold_start_cause_one_fetch() -> None:
    one = world()
    start = threading.Barrier(50)
    token = good()

    def log_in(_: int) -> str:
        start.wait()
        return one.verify(token).id

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(log_in, range(50))) == {"okta/00u-ada"}
    assert one.served.times(KEY_SET) == 1


def test_a_flood_of_unknown_keys_is_one_fetch_a_cooldown() -> None:
    one = world()
    for _ in range(10):
        for number in range(20):
            assert reason(lambda number=number: one.verify(with_header(kid=f"u{number}")))
        one.clock.seconds += COOLDOWN

    assert one.served.times(KEY_SET) == 10


def test_a_known_key_does_not_wait_for_a_fetch_that_an_unknown_one_caused() -> None:
    one = world()
    one.verify(good())
    one.clock.seconds += COOLDOWN
    asked, go_on = threading.Event(), threading.Event()

    def slow(url: str) -> None:
        asked.set()
        assert go_on.wait(10)

    one.served.before = slow
    with ThreadPoolExecutor(1) as pool:
        attack = pool.submit(lambda: reason(lambda: one.verify(with_header(kid="unknown"))))
        assert asked.wait(10)
        assert one.verify(good()).id == "okta/00u-ada"
        assert not attack.done()
        go_on.set()
        assert attack.result() == "token-key-unknown"


def test_a_key_removed_at_the_issuer_stops_verifying_within_the_stated_time() -> None:
    one = world()
    one.verify(good())
    one.served.documents[KEY_SET] = compact_json({"keys": list(all_keys()[1:])})

    one.clock.seconds += TTL - 1
    assert one.verify(good()).id == "okta/00u-ada", "the stated time is not over"
    one.clock.seconds += 1
    assert reason(lambda: one.verify(good())) == "token-key-unknown"


def test_a_removed_key_is_gone_as_soon_as_another_token_has_keys_fetched() -> None:
    one = world()
    one.verify(good())
    one.served.documents[KEY_SET] = compact_json({"keys": list(all_keys()[1:])})
    one.clock.seconds += COOLDOWN
    assert reason(lambda: one.verify(with_header(kid="unknown")))

    assert reason(lambda: one.verify(good())) == "token-key-unknown"


def test_a_new_key_is_found_at_once() -> None:
    one = world(serving(*all_keys()[1:]))
    assert reason(lambda: one.verify(good())) == "token-key-unknown"
    one.served.documents[KEY_SET] = compact_json({"keys": list(all_keys())})

    one.clock.seconds += COOLDOWN - 1
    assert reason(lambda: one.verify(good())) == "token-key-unknown"
    one.clock.seconds += 1
    assert one.verify(good()).id == "okta/00u-ada"


@pytest.mark.parametrize("gone", [DISCOVERY, KEY_SET])
def test_an_issuer_that_is_down_keeps_its_keys_for_the_stated_time_and_no_longer(gone: str) -> None:
    one = world()
    one.verify(good())
    kept = one.served.documents.pop(gone)
    one.clock.seconds += COOLDOWN
    assert reason(lambda: one.verify(with_header(kid="unknown"))) == "token-key-unknown"
    one.clock.seconds += TTL - COOLDOWN - 1
    assert one.verify(good()).id == "okta/00u-ada"

    one.clock.seconds += 1
    assert reason(lambda: one.verify(good())) == "token-keys-unavailable"
    one.served.documents[gone] = kept
    assert reason(lambda: one.verify(good())) == "token-keys-unavailable", "not hammered"
    one.clock.seconds += COOLDOWN
    assert one.verify(good()).id == "okta/00u-ada"


def test_a_slow_answer_does_not_lengthen_the_stated_time() -> None:
    one = world()

    def slow(url: str) -> None:
        one.clock.seconds += 20

    one.served.before = slow
    began = one.clock.seconds
    one.verify(good())
    one.served.documents.clear()

    one.clock.seconds = began + TTL
    assert reason(lambda: one.verify(good())) == "token-keys-unavailable"


def test_keys_that_became_bad_do_not_replace_good_ones_and_do_not_outlive_them() -> None:
    one = world()
    one.verify(good())
    one.served.documents[KEY_SET] = b"canary"
    one.clock.seconds += COOLDOWN
    assert reason(lambda: one.verify(with_header(kid="unknown")))
    assert one.verify(good()).id == "okta/00u-ada"

    one.clock.seconds += TTL
    assert reason(lambda: one.verify(good())) == "token-keys-unavailable"


def test_the_clock_of_the_cache_counts_up() -> None:
    assert seconds_awake_or_not() <= seconds_awake_or_not()


# ------------------------------------------------------------------ key sets


PRIVATE = {"d": "canary", "p": "canary", "q": "canary", "dp": "x", "dq": "x", "qi": "x", "oth": []}
LEFT_OUT = {
    "for encryption": jwk(rsa_key(), "rsa-1", use="enc"),
    "for an unknown use": jwk(rsa_key(), "rsa-1", use="canary"),
    "of no use": jwk(rsa_key(), "rsa-1", use=None),
    "for signing only": jwk(rsa_key(), "rsa-1", key_ops=["sign"]),
    "for verifying and signing": jwk(rsa_key(), "rsa-1", key_ops=["verify", "sign"]),
    "for wrapping": jwk(rsa_key(), "rsa-1", key_ops=["wrapKey"]),
    "for nothing": jwk(rsa_key(), "rsa-1", key_ops=[]),
    "for operations in a text": jwk(rsa_key(), "rsa-1", key_ops="verify"),
    "for HS256": jwk(rsa_key(), "rsa-1", alg="HS256"),
    "for none": jwk(rsa_key(), "rsa-1", alg="none"),
    "for encryption by algorithm": jwk(rsa_key(), "rsa-1", alg="RSA-OAEP"),
    "with no algorithm's name": jwk(rsa_key(), "rsa-1", alg=["RS256"]),
    "of 1024 bits": jwk(rsa_key(), "rsa-1", n=b64(b"\xff" * 128)),
    "with the exponent 3": jwk(rsa_key(), "rsa-1", e="Aw"),
    "with the exponent 1": jwk(rsa_key(), "rsa-1", e="AQ"),
    "with an even exponent": jwk(rsa_key(), "rsa-1", e="AQAC"),
    "with an exponent of 40 bits": jwk(rsa_key(), "rsa-1", e="AQAAAAE"),
    "with a modulus of 16384 bits": jwk(rsa_key(), "rsa-1", n=b64(b"\xff" * 2_048)),
    "with a modulus that is a number": jwk(rsa_key(), "rsa-1", n=5),
    "without a modulus": {"kty": "RSA", "e": "AQAB", "kid": "rsa-1"},
    "without a kind": {k: v for k, v in jwk(rsa_key(), "rsa-1").items() if k != "kty"},
    "of another kind": jwk(rsa_key(), "rsa-1", kty="EC"),
    "of an unknown kind": jwk(rsa_key(), "rsa-1", kty="AKP"),
    "of a kind that is a list": jwk(rsa_key(), "rsa-1", kty=["RSA"]),
    "symmetric": {"kty": "oct", "k": b64(b"k" * 32), "kid": "rsa-1"},
    "on secp256k1": {
        "kty": "EC",
        "crv": "secp256k1",
        "x": b64(bytes(32)),
        "y": b64(bytes(32)),
        "kid": "rsa-1",
    },
    "of X25519": {"kty": "OKP", "crv": "X25519", "x": b64(b"\x09" + bytes(31)), "kid": "rsa-1"},
    "off the curve": {
        "kty": "EC",
        "crv": "P-256",
        "x": b64(b"\x01" * 32),
        "y": b64(b"\x01" * 32),
        "kid": "rsa-1",
    },
    "of a short point": {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(31)), "kid": "rsa-1"},
    "no object": "canary",
    **{
        f"with its private member {name}": jwk(rsa_key(), "rsa-1", **{name: value})
        for name, value in PRIVATE.items()
    },
}


@pytest.mark.parametrize("shown", LEFT_OUT)
def test_a_key_that_is_left_out(shown: str) -> None:
    served = serving()
    others = list(all_keys()[1:])
    served.documents[KEY_SET] = compact_json({"keys": [LEFT_OUT[shown], *others]})
    one = world(served)

    assert reason(lambda: one.verify(good())) == "token-key-unknown"
    header = {"typ": "at+jwt", "alg": "ES256", "kid": "p256"}
    assert one.verify(signed(header, ACCESS, ec_key("P-256"))).id == "okta/00u-ada", "the others"


@pytest.mark.parametrize(
    "kid",
    [..., None, "", 1, "k" * 256, "a b", ["rsa-1"]],
    ids=lambda kid: f"{type(kid).__name__}-{str(kid)[:4]}",
)
def test_a_key_without_an_id_of_its_own_is_left_out(kid: object) -> None:
    given = jwk(rsa_key(), "x") | {"kid": kid}
    key = {name: value for name, value in given.items() if value is not ...}

    assert read_key_set(compact_json({"keys": [key]})) == {}
    assert list(read_key_set(compact_json({"keys": [given | {"kid": "k" * 255}]}))) == ["k" * 255]


REFUSED_SETS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"<html>canary</html>",
    "a list": compact_json(list(all_keys())),
    "without keys": b"{}",
    "keys are an object": compact_json({"keys": {"rsa-1": all_keys()[0]}}),
    "keys are null": compact_json({"keys": None}),
    "keys twice": compact_json({"keys": list(all_keys())})[:-1] + b',"keys":[]}',
    "a member twice": compact_json({"keys": list(all_keys())}).replace(
        b'"use"', b'"use":"sig","use"', 1
    ),
    "one id for two keys": compact_json({"keys": [*all_keys(), jwk(rsa_key(2048, 1), "rsa-1")]}),
    "one id for two kinds": compact_json({"keys": [*all_keys(), jwk(ec_key("P-256"), "rsa-1")]}),
    "one key twice": compact_json({"keys": [*all_keys(), all_keys()[0]]}),
    "too many keys": compact_json({"keys": [*all_keys(), *({"kid": str(i)} for i in range(60))]}),
    "too large": compact_json({"keys": list(all_keys()), "padding": "x" * (256 << 10)}),
    "too deep": compact_json({"keys": list(all_keys())})[:-1]
    + b',"x":'
    + b"[" * 9
    + b"]" * 9
    + b"}",
    "a byte order mark": b"\xef\xbb\xbf" + compact_json({"keys": list(all_keys())}),
}


@pytest.mark.parametrize("shown", REFUSED_SETS)
def test_a_key_set_that_is_refused(shown: str) -> None:
    served = serving()
    served.documents[KEY_SET] = REFUSED_SETS[shown]

    assert refused(served) == "token-keys-unavailable"
    assert set(served.asked) == {DISCOVERY, KEY_SET}


def test_a_set_may_hold_keys_of_kinds_nobody_knows_yet() -> None:
    future = {"kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": "AAAA"}

    assert world(serving(future, *all_keys())).verify(good()).id == "okta/00u-ada"


def test_a_left_out_key_may_share_its_id() -> None:
    encrypting = jwk(rsa_key(2048, 1), "rsa-1", use="enc")

    assert world(serving(encrypting, *all_keys())).verify(good()).id == "okta/00u-ada"


def test_an_algorithm_named_by_the_key_is_the_only_one() -> None:
    pinned = world(serving(jwk(rsa_key(), "rsa-1", alg="PS256")))

    assert pinned.verify(signed(HEADER | {"alg": "PS256"}, ACCESS)).id == "okta/00u-ada"
    assert reason(lambda: pinned.verify(good())) == "token-algorithm"


# ------------------------------------------------------------------ discovery


def _issuer_named(name: object) -> Served:
    return serving(issuer=name)


WRONG_DISCOVERIES: dict[str, Callable[[], Served]] = {
    "of another issuer": lambda: _issuer_named("https://canary.example.org"),
    "of the issuer with a slash": lambda: _issuer_named(ISSUER + "/"),
    "of the issuer in capitals": lambda: _issuer_named(ISSUER.upper()),
    "of no issuer": lambda: _issuer_named(None),
    "of a list of issuers": lambda: _issuer_named([ISSUER]),
    **{
        f"keys at {address[:60]}": lambda address=address: serving(jwks_uri=address)
        for address in (
            "http://id.example.org/keys",
            "http://127.0.0.1:8080/keys",
            "https://127.0.0.1/keys",
            "https://localhost/keys",
            "https://x.localhost/keys",
            "https://[::1]/keys",
            "https://[::ffff:127.0.0.1]/keys",
            "https://0.0.0.0/keys",
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/keys",
            "https://{}@id.example.org/keys".format("user:canary"),
            "https://id.example.org/keys#canary",
            "https://id.example.org\\@canary.example.net/keys",
            "https://id.example.org/ke ys",
            "https://id.example.org/keys\r\nHost: canary",
            "https://id.example.org:0/keys",
            "https://id.example.org:99999/keys",
            "https:///keys",
            "//id.example.org/keys",
            "/keys",
            "file:///etc/passwd",
            "ftp://id.example.org/keys",
            "data:application/json,{}",
            "https://id.example.org/" + "k" * 2_000,
            "",
        )
    },
    "keys at no text": lambda: serving(jwks_uri=[KEY_SET]),
    "without keys": lambda: serving(jwks_uri=None),
}


@pytest.mark.parametrize("shown", WRONG_DISCOVERIES)
def test_a_discovery_document_that_is_refused(shown: str) -> None:
    served = WRONG_DISCOVERIES[shown]()

    assert refused(served) == "token-keys-unavailable"
    assert served.asked == [DISCOVERY], "nobody went where it points"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"canary",
        b"[]",
        compact_json({"issuer": ISSUER, "jwks_uri": KEY_SET})[:-1]
        + b',"issuer":"'
        + ISSUER.encode()
        + b'"}',
        compact_json({"issuer": ISSUER, "jwks_uri": KEY_SET, "x": "y" * (256 << 10)}),
    ],
    ids=["empty", "no JSON", "a list", "issuer twice", "too large"],
)
def test_a_discovery_document_that_is_none(raw: bytes) -> None:
    served = serving()
    served.documents[DISCOVERY] = raw

    assert refused(served) == "token-keys-unavailable"
    assert served.asked == [DISCOVERY]


def test_an_issuer_on_this_machine_may_speak_http_here_and_nowhere_else() -> None:
    home = "http://127.0.0.1:4000"

    assert allowed(home + "/keys", home)
    assert allowed("http://localhost:4000/keys", "http://localhost:4000")
    assert allowed("https://keys.example.org/keys", home)
    assert not allowed("http://keys.example.org/keys", home)
    assert not allowed("http://id.example.org/keys", "http://id.example.org")


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.1.1]", "0.0.0.0", "[::]"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_of_no_machine_in_particular_is_never_asked(scheme: str, host: str) -> None:
    address = f"{scheme}://{host}/keys"

    for home in ("http://127.0.0.1:4000", "https://id.example.org", f"{scheme}://{host}"):
        assert not allowed(address, home)


@pytest.mark.parametrize(
    "host",
    ["127.1", "0x7f.1", "0x7f000001", "2130706433", "127.0.0.1.", "localhost.", "0177.0.0.1"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_under_a_name_that_is_read_in_two_ways(scheme: str, host: str) -> None:
    address = f"{scheme}://{host}/keys"

    for home in ("http://127.0.0.1:4000", "https://id.example.org", f"{scheme}://{host}"):
        assert not allowed(address, home)


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "id.localhost", "[::ffff:127.0.0.1]"])
def test_this_machine_is_asked_for_an_issuer_on_it_alone(host: str) -> None:
    assert allowed(f"http://{host}/keys", f"http://{host}")
    assert not allowed(f"https://{host}/keys", "https://id.example.org")


def test_where_keys_are_is_asked_anew_each_time() -> None:
    one = world()
    one.verify(good())
    moved = ISSUER + "/keys-2"
    document = {"issuer": ISSUER, "jwks_uri": moved}
    one.served.documents[DISCOVERY] = compact_json(document)
    one.served.documents[moved] = compact_json({"keys": list(all_keys()[1:])})

    one.clock.seconds += TTL
    assert reason(lambda: one.verify(good())) == "token-key-unknown"


@pytest.mark.parametrize("raised", [RuntimeError, KeyError, RecursionError, OSError, MemoryError])
def test_whatever_fetching_raises_refuses_and_says_nothing(
    raised: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    served = serving()

    def fail(url: str) -> None:
        raise raised("canary")

    served.before = fail
    with pytest.raises(AuthenticationFailed) as failed:
        world(served).verify(good())
    assert "canary" not in repr(failed.value) + str(failed.value) + caplog.text
    assert f"the keys of {ISSUER} were not to be had: {raised.__name__}" in caplog.text
    assert failed.value.__context__ is None


# ------------------------------------------------------------------ choosing among issuers


def two_issuers() -> tuple[TrustedIssuers, World, World]:
    other = "https://other.example.org"
    keys = compact_json({"keys": [jwk(rsa_key(2048, 1), "rsa-1")]})
    second = Served(
        {
            other + WELL_KNOWN: compact_json({"issuer": other, "jwks_uri": other + "/keys"}),
            other + "/keys": keys,
        }
    )
    first, last = world(), world(second, name="entra", issuer=other)
    pairs: list[tuple[str, TokenVerifier]] = [
        (ISSUER, first.verifier),
        (other, last.verifier),
    ]
    return TrustedIssuers(pairs), first, last


def test_one_trusted_issuer_cannot_speak_for_another() -> None:
    both, first, last = two_issuers()
    forged = signed(HEADER, ACCESS, rsa_key(2048, 1))  # signed by the other one's own key
    assert reason(lambda: both.verify(SecretText(forged), NOW)) == "token-signature"
    assert last.served.asked == [], "its issuer is who it says, so nobody else was asked"

    own = signed(HEADER, ACCESS | {"iss": "https://other.example.org"}, rsa_key(2048, 1))
    assert both.verify(SecretText(own), NOW).id == "entra/00u-ada"
    assert both.verify(SecretText(good()), NOW).id == "okta/00u-ada"
    assert set(first.served.asked) == {DISCOVERY, KEY_SET}


def test_an_unknown_issuer_is_asked_for_nothing() -> None:
    both, first, last = two_issuers()

    token = SecretText(good(iss="https://canary.example.net"))
    assert reason(lambda: both.verify(token, NOW)) == "token-issuer"
    assert first.served.asked == last.served.asked == []


def test_the_reason_of_a_verifier_goes_through_the_chooser() -> None:
    class Ended:
        def verify(self, token: SecretText, at: object) -> object:
            error = AuthenticationFailed("canary")
            error.reason = "session-ended"
            raise error

    ended = TrustedIssuers([(ISSUER, Ended())])  # type: ignore[list-item]
    with pytest.raises(AuthenticationFailed, match="who acts could not be verified") as failed:
        ended.verify(SecretText(good()), NOW)
    assert failed.value.reason == "session-ended"


def test_an_error_of_one_verifier_refuses() -> None:
    class Broken:
        def verify(self, token: SecretText, at: object) -> object:
            raise ZeroDivisionError

    broken = TrustedIssuers([(ISSUER, Broken())])  # type: ignore[list-item]
    assert reason(lambda: broken.verify(SecretText(good()), NOW)) == "token-check-failed"
