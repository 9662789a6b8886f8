"""The matrix as one HTML page: no script, nothing loaded, and readable without colours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from lockgate.access.forecast import Answer
from lockgate.printable import printable

if TYPE_CHECKING:
    from lockgate.access.action import Action
    from lockgate.access.forecast import Forecast
    from lockgate.assemble.access_matrix import Matrix

_STYLE = """
body{font:14px/1.4 ui-sans-serif,system-ui,sans-serif;color:#1b1b1b;margin:1.5rem}
h1{font-size:1.3rem;margin:0 0 .2rem}h2{font-size:1.05rem;margin:1.8rem 0 .5rem}
.frame{overflow:auto;max-height:85vh;border:1px solid #d6dbe0;border-radius:6px}
table{border-collapse:separate;border-spacing:0}
th,td{padding:.12rem .3rem;border-bottom:1px solid #eceff1;text-align:center;font-weight:400}
thead th{position:sticky;background:#fff;z-index:1}thead tr:first-child th{top:0;height:1.6rem;
font-weight:600}thead tr+tr th{top:1.95rem;vertical-align:bottom}
thead span{writing-mode:vertical-rl;transform:rotate(180deg);font-size:.8rem;color:#455a64}
th.label{text-align:left;position:sticky;left:0;background:#fff;z-index:2;white-space:nowrap;
padding-right:1rem}.first{border-left:2px solid #b0bec5}
tbody tr:hover td,tbody tr:hover th{background:#f1f6fa}
.yes{color:#1b6e3c;background:#e4f3e9;font-weight:600}.depends{color:#7a5200;background:#fff3d6}
.no{color:#b0b6ba}sup{font-size:.65rem;line-height:0}li{margin:.15rem 0}
"""
_RULES = "default-src 'none'; style-src 'unsafe-inline'"
_LEGEND = (
    '<b class="yes">yes</b>, <b class="depends">if</b> with the number of a note below, '
    '<b class="no">·</b> no. A purpose is always said; a note names it where it decides.'
)
_SIGNS = {Answer.YES: "yes", Answer.DEPENDS: "if", Answer.NO: "·"}
_LONG = {Answer.YES: "yes", Answer.DEPENDS: "depends", Answer.NO: "no"}
_VERBS = {"reveal": "turn values back", "publish": "publish into a zone"}


def as_html(found: Matrix, now: datetime) -> str:
    """One table an action: labels down, roles and their zones across; conditions as notes."""
    notes: dict[str, int] = {}
    tables = [part for action in _actions(found) for part in _table(found, action, notes)]
    title = _text(found.title)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_RULES}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>Who may in {title}</title><style>{_STYLE}</style></head><body>",
            f"<h1>Who may in {title}</h1>",
            f"<p>As of {now:%Y-%m-%d %H:%M} UTC, role by role. {_LEGEND}</p>",
            *tables,
            *_notes(notes),
            "</body></html>",
            "",
        ]
    )


def _actions(found: Matrix) -> list[Action]:
    return list(dict.fromkeys(action for action, *_ in found.cells))


def _table(found: Matrix, action: Action, notes: dict[str, int]) -> Iterator[str]:
    yield f"<h2>Who may {_text(_VERBS.get(action.value, action.value))}: {action.value}</h2>"
    yield '<div class="frame"><table><thead><tr><th class="label"></th>'
    for role in found.roles:
        yield f'<th class="first" colspan="{len(found.zones)}">{_text(role)}</th>'
    yield '</tr><tr><th class="label">label</th>'
    for _ in found.roles:
        for number, zone in enumerate(found.zones):
            yield f"<th{'' if number else ' class=first'}><span>{_text(zone)}</span></th>"
    yield "</tr></thead><tbody>"
    for label in found.labels:
        cells = "".join(
            _cell(one, f"{role}, {label}, {zone}", notes, first=not number)
            for role in found.roles
            for number, (zone, one) in enumerate(
                zip(found.zones, found.row(action, label, role), strict=True)
            )
        )
        yield f'<tr><th class="label">{_text(label)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _cell(one: Forecast, where: str, notes: dict[str, int], *, first: bool) -> str:
    mark = ""
    if one.answer is Answer.DEPENDS:
        number = notes.setdefault(_note(one), len(notes) + 1)
        mark = f"<sup>{number}</sup>"
    classes = f"{_LONG[one.answer]}{' first' if first else ''}"
    title = f"{where}: {_LONG[one.answer]}" + (f" on {_note(one)}" if mark else "")
    return f'<td class="{classes}" title="{_text(title)}">{_SIGNS[one.answer]}{mark}</td>'


def _note(one: Forecast) -> str:
    by = f" (policies: {', '.join(one.policies)})" if one.policies else ""
    return ", ".join(one.needs) + by


def _notes(notes: dict[str, int]) -> Iterator[str]:
    if notes:
        yield "<h2>It depends on</h2><ol>"
        yield from (f"<li>{_text(note)}</li>" for note in notes)
        yield "</ol>"


def _text(text: str) -> str:
    """Text as text: no markup, and nothing invisible or that reorders what is read."""
    return escape(printable(text))
