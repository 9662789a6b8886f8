"""Polars alone, and its plugins polars-hash and maskops: whole columns, one thread."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import polars as pl

from bench.kernels.cases import FF1_KEY, FF1_TWEAK, HASH_KEY, our_ff1
from bench.rivals.rival import Lists, Rival, expect


def polars_alone(lists: Lists) -> Iterator[Rival]:
    """Expressions by hand."""
    phones = pl.DataFrame({"v": lists.phones})
    emails = pl.DataFrame({"v": lists.emails})
    column = pl.col("v")
    phone = pl.lit("***-***-") + column.str.slice(-4)
    parts = column.str.split_exact("@", 1)
    stars = parts.struct[0].str.replace_all(".", "*")
    email = stars + "@" + parts.struct[1]
    canonical = column.str.strip_chars().str.to_lowercase()
    yield Rival(
        "polars",
        "mask_12",
        lambda: phones.select(phone).to_series(),
        expect(["***-***-" + p[8:] for p in lists.phones]),
    )
    yield Rival(
        "polars",
        "mask_email_22",
        lambda: emails.select(email).to_series(),
        expect(["*" * 13 + e[13:] for e in lists.emails]),
    )
    yield Rival(
        "polars",
        "canonical_email_22",
        lambda: emails.select(canonical).to_series(),
        expect(lists.emails),
    )


def polars_hash(lists: Lists) -> Iterator[Rival]:
    """HMAC-SHA256 as text: hexadecimal is all it gives, and its key has to be text."""
    import polars_hash as plh

    key = HASH_KEY.hex()[:32]
    emails = pl.DataFrame({"v": lists.emails})
    expression = plh.col("v").chash.hmac_sha256(key=key)
    truth = [hmac.new(key.encode(), e.encode(), hashlib.sha256).hexdigest() for e in lists.emails]
    yield Rival(
        "polars_hash", "hmac_22", lambda: emails.select(expression).to_series(), expect(truth)
    )


def maskops(lists: Lists) -> Iterator[Rival]:
    """Masking of what it finds to be an address, and FF1 of what it finds to be a card number."""
    import maskops as ops

    emails = pl.DataFrame({"v": lists.emails})
    cards = pl.DataFrame({"v": lists.cards})
    masked = ops.mask_pii("v", patterns=["email"])
    ff1 = ops.mask_pii_fpe("v", FF1_KEY, FF1_TWEAK, patterns=["credit_card"], mode="ff1")
    yield Rival(
        "maskops",
        "mask_email_22",
        lambda: emails.select(masked).to_series(),
        expect(["*" * 13 + e[13:] for e in lists.emails]),
    )
    yield Rival(
        "maskops",
        "ff1_16",
        lambda: cards.select(ff1).to_series(),
        expect(our_ff1(lists.columns.cards)),
    )
