"""Every peer there is, those whose library is not here with the reason."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from bench.kernels.case import WrongOutput
from bench.rivals.rival import Lists, Rival, Rivals

# (distribution, module, function): a peer is imported only when its turn comes.
PEERS = (
    ("cryptography", "bench.rivals.pyca", "rivals"),
    ("python", "bench.rivals.stdlib", "rivals"),
    ("tink", "bench.rivals.tink_aead", "rivals"),
    ("fastfpe", "bench.rivals.fast_fpe", "rivals"),
    ("polars", "bench.rivals.frames", "polars_alone"),
    ("polars-hash", "bench.rivals.frames", "polars_hash"),
    ("maskops", "bench.rivals.frames", "maskops"),
)


def peers(lists: Lists, notes: list[str]) -> Iterator[Rival]:
    """Peers whose output was checked; what is missing or wrong is said in ``notes``.

    Whatever a foreign library raises while it is loaded or checked is its own affair: it is
    named, and the others go on.
    """
    for distribution, module, function in PEERS:
        try:
            make: Rivals = getattr(importlib.import_module(module), function)
            made = list(make(lists))
        except Exception as error:  # noqa: BLE001
            notes.append(f"{distribution} is left out: {type(error).__name__}: {error}")
            continue
        for rival in made:
            try:
                rival.check(rival.run())
            except WrongOutput as error:
                notes.append(f"{rival.peer} {rival.case} is left out: {error}")
            else:
                yield rival
