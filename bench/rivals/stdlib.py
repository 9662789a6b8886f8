"""Python's own library, one value at a time, as in most pipelines."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from bench.kernels.cases import HASH_KEY, our_hashes
from bench.rivals.rival import Lists, Rival, expect
from lockgate.kernel.interface import HashAlgorithm


def rivals(lists: Lists) -> Iterator[Rival]:
    """HMAC, slices and `str` methods."""
    emails, phones = lists.emails, lists.phones

    def hashes() -> list[bytes]:
        return [hmac.digest(HASH_KEY, value.encode(), "sha256") for value in emails]

    def masked_phones() -> list[str]:
        return ["***-***-" + value[-4:] for value in phones]

    def masked_emails() -> list[str]:
        return [
            "*" * len(name) + "@" + host
            for name, host in (value.rsplit("@", 1) for value in emails)
        ]

    def canonical() -> list[str]:
        return [value.strip().lower() for value in emails]

    yield Rival(
        "python", "hmac_22", hashes, expect(our_hashes(lists.columns, HashAlgorithm.HMAC_SHA256))
    )
    yield Rival("python", "mask_12", masked_phones, expect(["***-***-" + p[8:] for p in phones]))
    yield Rival(
        "python", "mask_email_22", masked_emails, expect(["*" * 13 + e[13:] for e in emails])
    )
    yield Rival("python", "canonical_email_22", canonical, expect(emails))
