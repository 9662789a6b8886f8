"""Where keys of a copy go whose place was given to other keys since.

After a state was lost, an older copy may have come in first, and the project ran on: it made keys
of its own where a newer copy has others. Numbers do not collide, since an import leaves a gap; a
version of a domain's key may.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from lockgate.keys.copies import CopiedKey, KeyCopy
from lockgate.keys.life import MAX_KEY_NUMBER
from lockgate.keys.names import DIGESTS, is_reserved
from lockgate.keys.ports import KeyUse, KeyVersion

_STEPS = 256
"""Of the numbers that are left, an import leaves out one or two of so many parts."""


def stays_out(version: KeyVersion) -> bool:
    """Whether a key is not needed where another has its place.

    Lockgate's own index keys find rows of the state. Those that this one found were lost with its
    state, and those that are here are found by the key that is here. Digests are of files, too.
    """
    own = is_reserved(version.domain) and version.domain != DIGESTS
    return own and version.use is KeyUse.INDEX


def cannot_move(version: KeyVersion) -> bool:
    """Whether a key comes in as the version that it was or not at all.

    Tokens under two index keys do not join: which of the two shall be is for a person to say.
    """
    return version.use is KeyUse.INDEX and not is_reserved(version.domain)


def placed(copy: KeyCopy, stored: Sequence[KeyVersion]) -> KeyCopy:
    """The copy with the versions that its keys have here, or get.

    Where another key has the place of one, all of that key's new versions follow the newest that
    is here, in their order.
    """
    here = {version.number: version for version in stored}
    places = {(v.domain, v.use, v.version) for v in stored}
    new = [one.version for one in copy.keys if one.version.number not in here]
    taken = {(v.domain, v.use) for v in new if (v.domain, v.use, v.version) in places}
    after = {
        key: max(v.version for v in stored if (v.domain, v.use) == key)
        - min(v.version for v in new if (v.domain, v.use) == key)
        + 1
        for key in taken
    }
    keys = []
    for one in copy.keys:
        version = one.version
        mine, key = here.get(version.number), (version.domain, version.use)
        if mine is not None:
            keys.append(_at(one, mine.version))
        elif key not in after:
            keys.append(one)
        elif not stays_out(version):
            keys.append(_at(one, version.version + after[key]))
    return replace(copy, keys=tuple(keys))


def number_after_gap(last: int) -> int:
    """A number far beyond ``last``, up to which none is handed out.

    A copy is older than the state that was lost: that one may have handed out numbers since, which
    released files carry and a newer copy may bring. Two states from one copy part ways, too.
    """
    step = max(1, (MAX_KEY_NUMBER - last) // _STEPS)
    return min(last + step + secrets.randbelow(step), MAX_KEY_NUMBER)


def _at(one: CopiedKey, version: int) -> CopiedKey:
    return replace(one, version=replace(one.version, version=version))
