"""From treated columns back, with keys found by number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from protect_ring import Ring

from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.kernel.interface import Kernel
from lockgate.protect.parse import parse_treatment
from lockgate.protect.reveal import open_frames
from lockgate.protect.treatment import Form, Place

KERNEL: Kernel
PLACE = Place("clinic.people", "email")
VALUES = pa.array(["Ada@X.org", None, ""])


@pytest.fixture(autouse=True)
def every_kernel(kernel: Kernel) -> None:
    """The tests of this file run with each kernel in turn."""
    global KERNEL
    KERNEL = kernel


def frames(
    ring: Ring, spec: Any, domain: str, form: Form = Form.TEXT, place: Place = PLACE
) -> pa.Array:
    treatment = parse_treatment(spec)
    keys = treatment.derive_keys(ring, domain, place)
    return treatment.apply(VALUES, KERNEL, keys, place, form)[0]


def opened(ring: Ring, column: pa.Array, place: Place | None) -> list[bytes | None]:
    result: list[bytes | None] = open_frames(
        column, KERNEL, ring, ring.domain_of, place
    ).to_pylist()
    return result


@pytest.mark.parametrize("form", Form)
def test_tokens_ciphertexts_versions_and_domains_side_by_side(form: Form) -> None:
    ring = Ring()
    old = frames(ring, "encrypt", "email", form)
    ring.rotate("email")
    column = pa.concat_arrays(
        [
            old,
            frames(ring, "encrypt", "email", form),
            frames(ring, "tokenize", "email", form),
            frames(ring, "tokenize", "id", form),
            frames(ring, {"encrypt": {"index": True}}, "id", form),
        ]
    )
    exact, normal = [b"Ada@X.org", None, b""], [b"ada@x.org", None, b""]

    assert opened(ring, column, PLACE) == [*exact, *exact, *normal, *exact, *exact]


def test_tokens_open_without_a_place_and_ciphertexts_do_not() -> None:
    ring = Ring()

    assert opened(ring, frames(ring, "tokenize", "email"), None) == [b"ada@x.org", None, b""]
    with pytest.raises(IntegrityError, match="only tokens"):
        opened(ring, frames(ring, "encrypt", "email"), None)


@pytest.mark.parametrize("changed", [{"contract_id": "clinic.staff"}, {"column_id": "phone"}])
def test_a_ciphertext_opens_in_its_own_place_only(changed: dict[str, str]) -> None:
    ring = Ring()

    with pytest.raises(IntegrityError, match="2 of 3 frames do not open"):
        opened(ring, frames(ring, "encrypt", "email"), replace(PLACE, **changed))


def test_unknown_key_numbers_and_no_frames() -> None:
    ring, larger = Ring(), Ring()
    larger.rotate("email")

    with pytest.raises(KeyUnavailable, match="key number"):
        opened(ring, frames(larger, "encrypt", "email"), PLACE)
    with pytest.raises(IntegrityError, match="1 of 1 values"):
        opened(ring, pa.array(["ada@x.org"]), PLACE)
    assert opened(ring, pa.nulls(2, pa.string()), None) == [None, None]
    assert opened(ring, pa.array([], pa.binary()), None) == []
