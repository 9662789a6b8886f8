"""Masks: what stays and what does not."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from lockgate.errors import KernelError
from lockgate.kernel.interface import Kernel, Mask


@pytest.mark.parametrize(
    ("mask", "value", "expected"),
    [
        (Mask(), "secret", "******"),
        (Mask(), "", ""),
        (Mask(first=2), "secret", "se****"),
        (Mask(last=4), "4111111111111234", "************1234"),
        (Mask(first=1, last=1), "secret", "s****t"),
        (Mask(last=4), "1234", "****"),
        (Mask(last=4), "12345", "*2345"),
        (Mask(first=3, last=3), "secret", "******"),
        (Mask(last=2), "Zoë🎉é", "***🎉é"),
        (Mask(fill="•", first=1), "abc", "a••"),
        (Mask(only="digits", last=4), "(555) 123-4567", "(***) ***-4567"),
        (Mask(only="digits"), "123-45-6789", "***-**-****"),
        (Mask(only="digits", last=4), "123", "***"),
        (Mask(only="digits"), "٣4", "**"),
        (Mask(only="digits", fill="•"), "4-2", "•-•"),
        (Mask(only="alphanumeric", first=1), "AB-12 c", "A*-** *"),
        (Mask(only="alphanumeric"), "Zoë-5²", "***-**"),
        (Mask(only="alphanumeric"), "e\u0301.", "**."),
        (Mask(only="digits"), "\u0378.\U0001e4f1", "*.*"),
        (Mask(only="alphanumeric"), "\u0378.\U0001e4f1", "*.*"),
        (Mask(only="alphanumeric"), "\ue000\u20ac\u2003", "\ue000\u20ac\u2003"),
        (Mask(first=2**70), "secret", "******"),
        (Mask(last=2**70, first=1), "secret", "******"),
        (Mask(keep_email_domain=True), "ada@x.org", "***@x.org"),
        (Mask(keep_email_domain=True, first=1), "ada@x.org", "a**@x.org"),
        (Mask(keep_email_domain=True, first=1), "a@x.org", "*@x.org"),
        (Mask(keep_email_domain=True), "a@b@x.org", "***@x.org"),
        (Mask(keep_email_domain=True), "nobody", "******"),
        (Mask(keep_email_domain=True), "", ""),
        (Mask(keep_email_domain=True, only="alphanumeric"), "a.b@x.org", "*.*@x.org"),
    ],
)
def test_mask(kernel: Kernel, mask: Mask, value: str, expected: str) -> None:
    column = pa.array([None, value, None, "other", value], pa.string())

    assert kernel.mask(column, mask).to_pylist()[:3] == [None, expected, None]
    assert kernel.mask(column[1:2], mask).to_pylist() == [expected]


def test_typed_values_are_masked_in_their_canonical_form(kernel: Kernel) -> None:
    assert kernel.mask(pa.array([-1234]), Mask(last=2)).to_pylist() == ["***34"]
    assert kernel.mask(pa.array([date(1987, 3, 4)]), Mask(first=4)).to_pylist() == ["1987******"]


@pytest.mark.parametrize(
    "mask",
    [
        Mask(first=-1),
        Mask(last=-1),
        Mask(only="letters"),
        Mask(fill=""),
        Mask(fill="**"),
        Mask(fill="\ud800"),
    ],
)
def test_masks_that_say_nothing(kernel: Kernel, mask: Mask) -> None:
    with pytest.raises(KernelError, match="mask"):
        kernel.mask(pa.array(["a"]), mask)


def test_bytes_that_are_no_text_are_refused(kernel: Kernel) -> None:
    assert kernel.mask(pa.array([b"ab", None]), Mask(last=1)).to_pylist() == ["*b", None]
    with pytest.raises(KernelError, match="UTF-8") as caught:
        kernel.mask(pa.array([b"ab", b"\xff"]), Mask())
    assert caught.value.__cause__ is None
