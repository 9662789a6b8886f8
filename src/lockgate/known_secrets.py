"""Telling the secrets that this process holds from other text, without keeping them.

Of every secret that is made, and of the forms in which it could stand in a text (base64 at each
alignment, hex, URL-encoded, escaped as Python, JSON, HTML and SQL do), only hashes of short windows
are kept, under the key that Python chooses for each process. A text is searched window by window,
so its length decides what that costs and not how many secrets there are; with none known it costs
nothing.

Shorter than 6 characters, a secret cannot be told from other text and is not looked for.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import urllib.parse
import weakref
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from threading import Lock
from typing import Final

from lockgate.secret_memory import Kept

SHORTEST: Final = 6
LONGEST_BYTES: Final = 4_096
MOST_WINDOWS: Final = 1 << 18
"""More than these are kept only of secrets that are still alive."""
_WINDOW: Final = 16
_STRIDE: Final = 8
_LEAST_VARIETY: Final = 3
MARK: Final = "[redacted:known-secret]"

_locks: Final = [Lock()]
_kept: OrderedDict[int, tuple[tuple[int, int], ...]] = OrderedDict()
_ended: deque[int] = deque()
_waiting: dict[int, weakref.ref[Kept]] = {}
_watched: dict[int, weakref.ref[Kept]] = {}
_count: Counter[tuple[int, int]] = Counter()
_by_length: dict[int, set[int]] = {}
_WORD: Final = re.compile(r"[\w+/=_%~-]{0,16}")
_WORD_TURNED: Final = re.compile(r"[\w+/_%~-]{0,16}")


def remember(kept: Kept, *, at_once: bool) -> None:
    """Have what is kept struck out of texts from now on, at least until it is wiped.

    ``at_once``: also after that, if no text was looked at meanwhile. It takes some 0.1 ms.
    """
    if not SHORTEST <= len(kept) <= LONGEST_BYTES:
        return
    if at_once:
        _learn(kept)
    else:
        number = id(kept)
        _waiting[number] = weakref.ref(kept, lambda _: _waiting.pop(number, None))


def _learn(kept: Kept) -> None:
    windows = tuple({window for form in set(_forms(kept.read())) for window in _windows(form)})
    if not windows:
        return
    number = id(windows)  # of what is kept below, so no other has it meanwhile
    with _locks[0]:
        _kept[number] = windows
        _watched[number] = weakref.ref(kept, lambda _: _ended.append(number))
        for window in windows:
            _count[window] += 1
            _by_length.setdefault(window[0], set()).add(window[1])
        _let_go()


def _learn_waiting() -> None:
    """Look at the secrets that were made since the last text, if they still are."""
    while _waiting:
        try:
            kept = _waiting.popitem()[1]()
        except KeyError:  # another thread took the last
            return
        if kept is not None:
            _learn(kept)


def without_known_secrets(text: str) -> str:
    """``text`` with every known secret struck out, and longer parts of one."""
    _learn_waiting()
    found = _found(text) if _by_length else []
    if not found:
        return text
    parts, end = [], 0
    for start, stop in found:
        parts += [text[end:start], MARK]
        end = stop
    return "".join([*parts, text[end:]])


def _let_go() -> None:
    """Forget the windows of secrets that ended, the first ended first, when they are too many."""
    while len(_count) > MOST_WINDOWS and _ended:
        number = _ended.popleft()
        _watched.pop(number, None)
        for window in _kept.pop(number, ()):
            _count[window] -= 1
            if not _count[window]:
                del _count[window]
                _by_length[window[0]].discard(window[1])


def _forms(value: bytes) -> Iterator[str]:
    """The texts in which ``value`` is likely to stand somewhere."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        escaped = json.dumps(text)[1:-1]
        yield from (text, repr(text)[1:-1], ascii(text)[1:-1], text.replace("'", "''"))
        yield from (escaped, json.dumps(escaped)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        yield from _in_html(text)
        yield from _percent(urllib.parse.quote_plus(text))
    yield repr(value)[2:-1]
    yield from _percent(urllib.parse.quote(value, safe=""))
    yield value.hex()
    yield value.hex().upper()
    for lead in range(3):  # as part of a longer content: what its neighbours decide is left out
        coded = base64.b64encode(bytes(lead) + value).decode()
        inner = coded[(0, 2, 3)[lead] : len(coded) - (0, 3, 2)[(lead + len(value)) % 3]]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def _in_html(text: str) -> Iterator[str]:
    for quote in (True, False):
        escaped = html.escape(text, quote=quote)
        yield from (escaped, escaped.encode("ascii", "xmlcharrefreplace").decode())


def _percent(quoted: str) -> Iterator[str]:
    """Hex of percent signs in either case, as its writers differ."""
    yield from (quoted, re.sub(r"%[0-9A-F]{2}", lambda sign: sign.group().lower(), quoted))


def _windows(form: str) -> Iterator[tuple[int, int]]:
    """(length, hash) of parts of ``form``: any 23 characters of a long one hold one of them."""
    if len(form) < SHORTEST:
        return
    length = min(len(form), _WINDOW)
    last = len(form) - length
    for start in (*range(0, last, _STRIDE), last):
        part = form[start : start + length]
        if part.count(part[0]) <= length - _LEAST_VARIETY:  # zeros are in many texts, and no secret
            yield length, hash(part)


def _found(text: str) -> list[tuple[int, int]]:
    """Where known windows stand, each with the rest of its word, joined where they touch."""
    hits: list[tuple[int, int]] = []
    for length, known in list(_by_length.items()):
        starts = range(len(text) - length + 1)
        at = [start for start in starts if hash(text[start : start + length]) in known]
        hits += [
            _grown(text, start) if length == _WINDOW else (start, start + length) for start in at
        ]
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(hits):
        if joined and start <= joined[-1][1] + _STRIDE:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def _grown(text: str, start: int) -> tuple[int, int]:
    """A window of a long secret with what may be left of the secret's word around it."""
    before = _WORD_TURNED.match(text[max(start - _WINDOW, 0) : start][::-1])
    after = _WORD.match(text, start + _WINDOW)
    stop = after.end() if after else start + _WINDOW
    return start - (before.end() if before else 0), stop


def _fresh_lock() -> None:
    """A forked child has its parent's lock, perhaps held."""
    _locks[0] = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fresh_lock)
