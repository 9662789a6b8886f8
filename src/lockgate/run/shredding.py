"""Destroying the key of one person: its salt is erased, and the ledger says so without a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.kernel.interface import HashAlgorithm, Normaliser
from lockgate.keys.ports import KeyUse
from lockgate.ledger.event import SubjectShredded
from lockgate.run.context import RunContext
from lockgate.run.state_ports import SUBJECT_BYTES
from lockgate.run.subject_salts import DOMAIN

DIGEST_INFO = ("shredded",)
_PAGE = 65_536


@dataclass(frozen=True, slots=True)
class Shredded:
    """What was destroyed: digests (hex, keyed) of the handles that stood in frames; maybe none.

    ``domains``: the key domains it was found under.
    """

    digests: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


def shred(
    context: RunContext, domains: Sequence[str], subjects: Sequence[pa.Array], purpose: str
) -> Shredded:
    """Destroy the salts, in all the domains, of whom ``subjects`` name in one way or another.

    The erasure and its ledger entries commit together. Whoever has no salt, or none any more, is
    not an error: afterwards it is as if it had been destroyed. ``context`` has the keys that a
    permit for each domain released. Raises KeyUnavailable, EnvironmentFailed.
    """
    return _destroy(context, held(context, domains, subjects), purpose, replayed=False)


def held(
    context: RunContext, domains: Sequence[str], subjects: Sequence[pa.Array]
) -> dict[str, pa.FixedSizeBinaryArray]:
    """The handles of whom ``subjects`` name, by the domains in which they have a salt.

    Raises KeyUnavailable.
    """
    salts, kind = context.subject_salts(), pa.binary(SUBJECT_BYTES)
    found = {}
    for domain in domains:
        normaliser = salts.normaliser(domain)
        indices = [pa.array([], kind)]
        for one in subjects:
            fits = context.kernel.encodable(one, normaliser, deterministic=True)
            written = one if fits is None else one.filter(fits)
            indices.append(salts.indices(written, domain).drop_null().cast(kind))
        named = pa.concat_arrays(indices).unique()
        handles = context.state.salts.of_subjects(named).handles
        if len(handles):
            found[domain] = handles
    return found


def shred_again(context: RunContext, digests: Collection[str], purpose: str) -> Shredded:
    """Destroy again what came back with an older state: every salt whose handle has such a digest.

    ``context`` as for ``shred``. Raises KeyUnavailable, EnvironmentFailed.
    """
    wanted = pa.array(sorted(digests), pa.string())
    back = [pa.array([], pa.binary(SUBJECT_BYTES))]
    after = b""
    while len(page := context.state.salts.live_handles(after, _PAGE)):
        back.append(page.filter(pc.is_in(digests_of(context, page), wanted)))
        after = page[-1].as_py()
    handles = pa.concat_arrays(back)
    return _destroy(context, {"": handles} if len(handles) else {}, purpose, replayed=True)


def digests_of(context: RunContext, handles: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """What stands for handles in ledger and receipts: AES-CMAC, hex, of this project only."""
    context.keys.ensure_domain(DOMAIN)
    key = context.keys.derive(DOMAIN.name, KeyUse.INDEX, DIGEST_INFO, 32).key
    values = handles.cast(pa.binary())
    return context.kernel.hash(values, Normaliser.EXACT, key, HashAlgorithm.AES_CMAC, text=True)


def _destroy(
    context: RunContext, held: Mapping[str, pa.Array], purpose: str, *, replayed: bool
) -> Shredded:
    """All of it in one transaction: one ledger entry a domain."""
    if not held:
        return Shredded()
    digests: list[str] = []
    events = []
    for domain, handles in held.items():
        own = tuple(sorted(digests_of(context, handles).to_pylist()))
        by = context.by(purpose)
        events.append(SubjectShredded(domain=domain, subjects=own, replayed=replayed, **by))
        digests += own
    with context.state.transaction():
        for event, handles in zip(events, held.values(), strict=True):
            context.ledger.append(event)
            context.state.salts.destroy(handles, context.now())
    return Shredded(tuple(digests), tuple(held))
