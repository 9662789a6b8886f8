"""Laws of tokens: no change of one bit or character of a good one verifies; times have one edge."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lockgate.adapters.identity_providers.tokens.strict_json import NotStrict, read_object
from lockgate.errors import AuthenticationFailed
from token_cases import ACCESS, AT, ISSUER, b64, compact_json, ed_key, good, later, signed, world

HEADER = {"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"}
TOKEN = signed(HEADER, ACCESS, ed_key())
WORLD = world()
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def verifies(token: str) -> bool:
    try:
        WORLD.verify(token)
    except AuthenticationFailed:
        return False
    return True


def test_the_token_itself_verifies() -> None:
    assert verifies(TOKEN)


@pytest.mark.parametrize("bit", range(7))
def test_no_single_bit_of_the_text_can_be_changed(bit: int) -> None:
    changed = [
        TOKEN[:at] + chr(ord(TOKEN[at]) ^ (1 << bit)) + TOKEN[at + 1 :] for at in range(len(TOKEN))
    ]

    assert [one for one in changed if verifies(one)] == []


@pytest.mark.parametrize("part", range(3))
def test_no_single_bit_of_the_content_can_be_changed(part: int) -> None:
    segments = TOKEN.split(".")
    raw = base64.urlsafe_b64decode(segments[part] + "==")
    for at in range(len(raw) * 8):
        other = bytearray(raw)
        other[at // 8] ^= 1 << at % 8
        changed = [*segments[:part], b64(bytes(other)), *segments[part + 1 :]]
        assert not verifies(".".join(changed)), (part, at)


@given(at=st.integers(0, len(TOKEN) - 1), other=st.sampled_from([*URL_SAFE, *"+/=. \n\x00é"]))
def test_no_character_can_be_exchanged(at: int, other: str) -> None:
    if TOKEN[at] != other:
        assert not verifies(TOKEN[:at] + other + TOKEN[at + 1 :])


@given(at=st.integers(0, len(TOKEN)), more=st.text(min_size=1, max_size=8))
def test_nothing_can_be_added(at: int, more: str) -> None:
    assert not verifies(TOKEN[:at] + more + TOKEN[at:])


@given(start=st.integers(0, len(TOKEN) - 1), length=st.integers(1, 400))
def test_nothing_can_be_left_out(start: int, length: int) -> None:
    assert not verifies(TOKEN[:start] + TOKEN[start + length :])


@given(st.text(max_size=400))
@example(".".join(["A"] * 3))
def test_no_text_but_a_token_verifies_or_raises_anything_else(text: str) -> None:
    assert not verifies(text)


@given(st.integers(-200, 800), st.integers(-100, 100), st.integers(1, 500))
def test_a_token_is_taken_from_its_begin_to_its_end_and_a_minute_around(
    at: int, begins: int, lasts: int
) -> None:
    token = good(iat=AT + begins, exp=AT + begins + lasts, auth_time=...)
    inside = begins - 60 <= at < begins + lasts + 60

    try:
        WORLD.verify(token, later(at))
        taken = True
    except AuthenticationFailed:
        taken = False
    assert taken is inside


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=5))
def test_an_object_is_read_as_it_is_or_is_too_deep(value: dict[str, object]) -> None:
    def depth(one: object) -> int:
        if isinstance(one, dict):
            return 1 + max(map(depth, one.values()), default=0)
        return 1 + max(map(depth, one), default=0) if isinstance(one, list) else 0

    if depth(value) <= 8:
        assert read_object(compact_json(value)) == value
    else:
        with pytest.raises(NotStrict):
            read_object(compact_json(value))


@given(PLAIN)
def test_any_value_of_any_claim_verifies_or_is_refused(value: object) -> None:
    for claim in ACCESS:
        try:
            found = WORLD.verify(signed(HEADER, ACCESS | {claim: value}, ed_key()))
        except AuthenticationFailed:
            continue
        assert found.issuer == ISSUER
        assert found.id.startswith("okta/")
        assert found.id.isprintable()
