"""Tokens that must not verify: each differs from a good one in a single thing.

RFC 8725 (best practice for JSON Web Tokens), RFC 9068, OpenID Connect Core, and what was found in
libraries since. A case names the attack; the good token it was made from verifies beside it, the
refusal says nothing of what it was about, and nobody is asked for anything but the issuer's keys.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import NamedTuple

import pytest

from lockgate.access.settings import ProviderKind
from lockgate.access.token_refusal import HINT, MESSAGE
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText
from token_attack_claims import CLAIMS
from token_attack_forms import FORMS, HEADERS
from token_attack_signatures import SIGNATURES
from token_cases import (
    ACCESS,
    CLIENT,
    HEADER,
    ISSUER,
    KEY_SET,
    NOW,
    World,
    good,
    good_id,
    signed,
    world,
)

ALLOWED = {ISSUER + "/.well-known/openid-configuration", KEY_SET}


class Case(NamedTuple):
    name: str
    make: Callable[[], str]
    reason: str


CASES = [
    Case(name, make, reason) for name, make, reason in (*FORMS, *HEADERS, *SIGNATURES, *CLAIMS)
]


def told_of(error: BaseException) -> str:
    """All that can be seen of an exception: its chain, its attributes, our frames with locals."""
    parts, seen, waiting = [], set(), [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        parts += [str(one), repr(one), repr(one.args), repr(getattr(one, "__notes__", ""))]
        parts.append(repr(sorted(vars(one).items())))
        shown = traceback.TracebackException.from_exception(one, capture_locals=True)
        ours = [frame for frame in shown.stack if "src/lockgate/" in frame.filename]
        parts += [str(value) for frame in ours for value in (frame.locals or {}).values()]
        waiting += [link for link in (one.__context__, one.__cause__) if link is not None]
    return "\n".join(parts)


def parts_of(token: str) -> list[str]:
    """What would give a token away: long pieces of it, and what its claims say."""
    pieces = [token[at : at + 16] for at in range(0, max(len(token) - 16, 1), 8)]
    return [piece for piece in pieces if len(piece) == 16] + ["00u-ada", "t-7391", "canary"]


def refusal(world: World, token: str, caplog: pytest.LogCaptureFixture) -> AuthenticationFailed:
    """The refusal, of which nothing shows."""
    shown = SecretText(token)
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(AuthenticationFailed) as failed:
            world.trusted.verify(shown, NOW)
    error = failed.value
    assert (error.message, error.hint, error.problems) == (MESSAGE, HINT, ())
    assert error.__context__ is None
    assert error.__cause__ is None
    said = told_of(error) + caplog.text
    assert [part for part in parts_of(token) if part in said] == []
    assert set(world.served.asked) <= ALLOWED
    return error


def test_the_good_tokens_verify() -> None:
    assert world().verify(good()).id == "okta/00u-ada"
    assert world().verify(good_id()).id == "okta/00u-ada"


def test_there_are_enough_cases_and_each_has_a_name() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_attack(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    attacked = world()

    assert refusal(attacked, case.make(), caplog).reason == case.reason
    assert attacked.verify(good()).id == "okta/00u-ada", "the refusal did not break the verifier"


def test_every_refusal_looks_the_same() -> None:
    told = set()
    for case in CASES:
        with pytest.raises(AuthenticationFailed) as failed:
            world().verify(case.make())
        told.add((str(failed.value), repr(failed.value), failed.value.exit_code))
    assert len(told) == 1


NOBODY = {name: value for name, value in ACCESS.items() if name != "auth_time"}
OTHER_KINDS = {
    "a person's access token for a workload": (ProviderKind.WORKLOADS, good, "token-type"),
    "a person's plain token for a workload": (
        ProviderKind.WORKLOADS,
        lambda: signed(HEADER | {"typ": "JWT"}, ACCESS),
        "token-type",
    ),
    "a nonce in a service's token": (
        ProviderKind.SERVICES,
        lambda: signed(HEADER, NOBODY | {"nonce": "n"}),
        "token-type",
    ),
    "a person's token for a service": (ProviderKind.SERVICES, good, "token-type"),
    "an id token for a service": (ProviderKind.SERVICES, good_id, "token-type"),
    "a person's id token for a workload": (
        ProviderKind.WORKLOADS,
        lambda: signed(HEADER | {"typ": "JWT"}, NOBODY | {"nonce": "n"}),
        "token-type",
    ),
    "an id token with a hash for a workload": (
        ProviderKind.WORKLOADS,
        lambda: signed(HEADER | {"typ": "JWT"}, NOBODY | {"at_hash": "h"}),
        "token-type",
    ),
    "a log-out token for a workload": (
        ProviderKind.WORKLOADS,
        lambda: signed(HEADER | {"typ": "JWT"}, NOBODY | {"events": {}}),
        "token-type",
    ),
}


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_a_token_of_one_kind_for_another(name: str, caplog: pytest.LogCaptureFixture) -> None:
    kind, make, reason = OTHER_KINDS[name]

    assert refusal(world(kind=kind), make(), caplog).reason == reason


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_what_those_attacks_start_from_is_a_workload(typ: str) -> None:
    token = signed(HEADER | {"typ": typ}, NOBODY)

    assert world(kind=ProviderKind.WORKLOADS).verify(token).id == "okta/00u-ada"


@pytest.mark.parametrize("names", [("azp",), ("cid",), ("client_id", "azp", "cid")], ids=" ".join)
def test_an_access_token_names_our_client_where_its_provider_does(names: tuple[str, ...]) -> None:
    token = good(**({"client_id": ...} | dict.fromkeys(names, CLIENT)))

    assert world().verify(token).id == "okta/00u-ada"


def test_an_access_token_of_no_client_where_the_project_names_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Then there is nothing to compare it with; a token that no client asked for is still none."""
    open_to_all = world(client_id="")

    assert open_to_all.verify(good(client_id="another")).id == "okta/00u-ada"
    assert refusal(open_to_all, good(client_id=...), caplog).reason == "token-client"


def test_cid_is_a_claim_of_somebodys_own_in_other_tokens() -> None:
    assert world().verify(good_id(cid="customer-7")).id == "okta/00u-ada"
    plain = signed(HEADER | {"typ": "JWT"}, NOBODY | {"cid": 7})
    assert world(kind=ProviderKind.WORKLOADS).verify(plain).id == "okta/00u-ada"


def test_a_subject_outside_the_patterns(caplog: pytest.LogCaptureFixture) -> None:
    narrow = world(subjects=("00u-bob", "svc-*"))

    assert refusal(narrow, good(), caplog).reason == "token-subject"
    assert narrow.verify(good(sub="svc-1")).id == "okta/svc-1"


@pytest.mark.parametrize("seconds", [-60, 0, 359])
def test_the_times_that_are_just_right(seconds: int) -> None:
    from token_cases import later

    assert world().verify(good(), later(seconds)).id == "okta/00u-ada"


@pytest.mark.parametrize(
    ("seconds", "reason"), [(-61, "token-not-yet-valid"), (360, "token-expired")]
)
def test_the_times_that_are_just_wrong(seconds: int, reason: str) -> None:
    from token_cases import later

    with pytest.raises(AuthenticationFailed) as failed:
        world().verify(good(auth_time=...), later(seconds))
    assert failed.value.reason == reason
