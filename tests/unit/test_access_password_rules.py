"""What may be a password, and what a name."""

from __future__ import annotations

import pytest

from lockgate.access.password_rules import check_name, check_password, is_common, normal_password
from lockgate.errors import UsageError
from lockgate.limits import DEFAULT_LIMITS


@pytest.mark.parametrize(
    "password",
    [
        "tall green lamp",
        "aaaaaaaaaaab cdef",
        "パスワードは長いほうがよい",
        "x" * 5 + " y z 1 2 3 4",
    ],
)
def test_length_is_enough(password: str) -> None:
    assert check_password(password, "ada", DEFAULT_LIMITS) == password.encode()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "tall green\tlamp",
        "tall green lamp\n",
        "tall\x00green lamp",
        "x y z" * 300,
        "\ud800 surrogate alone",
    ],
)
def test_what_is_short_endless_or_no_text_is_refused_unseen(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_password(password, "ada", DEFAULT_LIMITS)
    shown = f"{caught.value!r}{caught.value}{caught.value.__cause__}{caught.value.__context__}"
    assert not password or password not in shown


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password1234!",
        "p4ssw0rd2024",
        "!!!iloveyou!!!",
        "123456789012",
        "qwertyuiop[]",
        "1qaz2wsx3edc",
        "abcdefghijkl",
        "aaaaaaaaaaaaaaa",
        "abababababababab",
        "adaadaadaada",
        "ada-123456789",
        "           1",
        "2026-03-01-12:00",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(UsageError, match="guessed first"):
        check_password(password, "ada", DEFAULT_LIMITS)


def test_a_common_word_in_a_longer_phrase_is_taken() -> None:
    assert not is_common("password of a tall lamp", "ada")
    assert not is_common("monkey rides a lamp", "ada")


def test_one_password_typed_on_two_keyboards_is_one() -> None:
    assert normal_password("cafe\u0301 au lait") == normal_password("caf\u00e9 au lait")


@pytest.mark.parametrize("name", ["ada", "a", "a.b-c_9", "x" * 63])
def test_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "Ada", "9a", "a b", "a:b", "a/b", "x" * 64, "ada\n", "ädä"])
def test_no_names(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)
