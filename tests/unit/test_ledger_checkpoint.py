"""Signed notes and checkpoints against the specifications' own examples."""

from __future__ import annotations

import base64

import pytest

from lockgate.ledger.checkpoint import (
    WRONG_ORIGIN,
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from lockgate.ledger.merkle import EMPTY_ROOT
from lockgate.ledger.signed_note import (
    BAD_SIGNATURE,
    MALFORMED,
    MAX_NOTE_BYTES,
    WRONG_KEY,
    NoteRefused,
    VerifierKey,
    open_note,
    sign_note,
)
from lockgate.testing.ledgers import ORIGIN, new_signing_key

# The example of https://c2sp.org/signed-note and of golang.org/x/mod/sumdb/note.
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)


def example_key() -> VerifierKey:
    name, _, encoded = EXAMPLE_KEY.split("+", 2)
    return VerifierKey(name, base64.b64decode(encoded)[1:])


def refused(note: str, key: VerifierKey) -> str:
    with pytest.raises(NoteRefused) as caught:
        open_checkpoint(note, key)
    return caught.value.reason


def test_the_published_note_opens() -> None:
    assert example_key().id.hex() == EXAMPLE_KEY.split("+")[1]
    assert open_note(EXAMPLE, example_key()).startswith("If you think")


def test_the_published_note_with_a_letter_changed_does_not() -> None:
    with pytest.raises(NoteRefused) as caught:
        open_note(EXAMPLE.replace("answer", "Answer"), example_key())

    assert caught.value.reason == BAD_SIGNATURE


def test_a_checkpoint_has_the_three_lines_of_the_specification() -> None:
    signer = new_signing_key()
    note = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), signer)
    origin, size, root, empty, signature, end = note.split("\n")

    assert (origin, size, empty, end) == (ORIGIN, "0", "", "")
    assert base64.b64decode(root) == EMPTY_ROOT
    assert signature.startswith(f"\u2014 {ORIGIN} ")


def test_a_checkpoint_opens_as_it_was_signed() -> None:
    signer = new_signing_key()
    made = Checkpoint(ORIGIN, 20_852_163, b"\x17" * 32)

    assert (
        open_checkpoint(sign_checkpoint(made, signer), VerifierKey(ORIGIN, signer.public_key))
        == made
    )


def test_signatures_of_others_are_ignored_as_the_specification_asks() -> None:
    ours, theirs = new_signing_key(), new_signing_key()
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, b"\x01" * 32), ours)
    body = note.split("\n\n")[0] + "\n"
    cosignature = sign_note(body, "witness.example", theirs).split("\n\n")[1]

    assert open_checkpoint(note + cosignature, VerifierKey(ORIGIN, ours.public_key)).size == 1


def test_another_key_of_the_same_name_is_refused() -> None:
    ours, theirs = new_signing_key(), new_signing_key()
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, b"\x01" * 32), theirs)

    assert refused(note, VerifierKey(ORIGIN, ours.public_key)) == WRONG_KEY


def test_the_checkpoint_of_another_ledger_is_refused() -> None:
    signer = new_signing_key()
    body = f"lockgate/other/ledger\n1\n{base64.b64encode(bytes(32)).decode()}\n"

    assert refused(sign_note(body, ORIGIN, signer), VerifierKey(ORIGIN, signer.public_key)) == (
        WRONG_ORIGIN
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "origin\n1\n",
        "origin\n01\n" + "A" * 43 + "=\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n\u0661\n" + "A" * 43 + "=\n",
        "origin\n1\n" + "A" * 42 + "==\n",
        "origin\n1\nnot base64\n",
        "origin\n1\n" + "A" * 42 + "B=\n",
        "origin\n1\n" + "A" * 43 + "=\nextension\n",
        "\n1\n" + "A" * 43 + "=\n",
        "origin\n" + "9" * 20 + "\n" + "A" * 43 + "=\n",
    ],
)
def test_a_malformed_body_is_refused(body: str) -> None:
    with pytest.raises(NoteRefused) as caught:
        parse_checkpoint(body)

    assert caught.value.reason == MALFORMED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note[:-1],
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("\u2014", "-"),
        lambda note: note.replace("\n1\n", "\n1\r\n"),
        lambda note: note.split("\n\n")[0] + "\n\n",
        lambda note: note + "x" * MAX_NOTE_BYTES + "\n",
        lambda note: note[:-4] + "*==\n",
        lambda note: "",
    ],
)
def test_a_malformed_note_is_refused(spoil) -> None:
    signer = new_signing_key()
    note = spoil(sign_checkpoint(Checkpoint(ORIGIN, 1, b"\x01" * 32), signer))

    assert refused(note, VerifierKey(ORIGIN, signer.public_key)) == MALFORMED


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_key_name_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="key name"):
        VerifierKey(name, bytes(32))


def test_a_signing_key_does_not_print_or_pickle() -> None:
    import pickle

    key = new_signing_key()

    assert repr(key) == "SigningKey(***)"
    with pytest.raises(TypeError):
        pickle.dumps(key)
