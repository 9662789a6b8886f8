"""Destroying the key of one person: its salt is erased, and the ledger says so without a name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.access.decide import Action
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
    """What was destroyed: digests (hex, keyed) of the handles that stood in frames; maybe none."""

    domain: str
    digests: tuple[str, ...]


def shred(context: RunContext, domain: str, subjects: Iterable[pa.Array], purpose: str) -> Shredded:
    """Destroy the salts of whom ``subjects`` name, however many ways there are to write it.

    The erasure and its ledger entry commit together. Whoever has no salt, or none any more, is not
    an error: afterwards it is as if it had been destroyed. Raises AuthorisationDenied,
    KeyUnavailable, EnvironmentFailed.
    """
    context.permit(Action.SHRED, domain, purpose)
    salts = context.subject_salts()
    kind = pa.binary(SUBJECT_BYTES)
    indices = [salts.indices(one, domain).drop_null().cast(kind) for one in subjects]
    named = pa.concat_arrays([pa.array([], kind), *indices]).unique()
    handles = context.state.salts.of_subjects(named).handles
    return _destroy(context, domain, handles, purpose, replayed=False)


def shred_again(context: RunContext, digests: Collection[str], purpose: str) -> Shredded:
    """Destroy again what came back with an older state: every salt whose handle has such a digest.

    Raises AuthorisationDenied, KeyUnavailable, EnvironmentFailed.
    """
    context.permit(Action.SHRED, "all", purpose)
    wanted = pa.array(sorted(digests), pa.string())
    back = [pa.array([], pa.binary(SUBJECT_BYTES))]
    after = b""
    while len(page := context.state.salts.live_handles(after, _PAGE)):
        back.append(page.filter(pc.is_in(digests_of(context, page), wanted)))
        after = page[-1].as_py()
    return _destroy(context, "", pa.concat_arrays(back), purpose, replayed=True)


def digests_of(context: RunContext, handles: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """What stands for handles in ledger and receipts: AES-CMAC, hex, of this project only."""
    context.keyring.ensure_domain(DOMAIN)
    key = context.keyring.derive(DOMAIN.name, KeyUse.INDEX, DIGEST_INFO, 32).key
    values = handles.cast(pa.binary())
    return context.kernel.hash(values, Normaliser.EXACT, key, HashAlgorithm.AES_CMAC, text=True)


def _destroy(
    context: RunContext, domain: str, handles: pa.Array, purpose: str, *, replayed: bool
) -> Shredded:
    if not len(handles):
        return Shredded(domain, ())
    digests = tuple(sorted(digests_of(context, handles).to_pylist()))
    event = SubjectShredded(
        domain=domain, subjects=digests, replayed=replayed, **context.by(purpose)
    )
    with context.state.transaction():
        context.ledger.append(event)
        context.state.salts.destroy(handles, context.now())
    return Shredded(domain, digests)
