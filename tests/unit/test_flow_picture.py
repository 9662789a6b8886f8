"""A plan to look at: boxes, Mermaid, SVG and HTML, at few and at many columns."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from lockgate.flow.condense import MOST_ROWS, condensed
from lockgate.flow.mermaid import as_mermaid
from lockgate.flow.page import as_html
from lockgate.flow.picture import Box, Line, Picture, Row
from lockgate.flow.svg import as_svg

NASTY = '<script>alert("1")</script>]" --> x & more'


def wide(columns: int, *, name: str = "c") -> Picture:
    labels = ["public", "pii.email", "pii.ssn"]
    source = tuple(Row(f"{name}{i}", labels[i % 3], "", "sensitive") for i in range(columns))
    edge = tuple(
        Row(f"{name}{i}", labels[i % 3], "", "protected", "hash", "hashed", "because")
        for i in range(columns)
    )
    lines = tuple(Line(("customers", i), ("sink:out", i), False) for i in range(columns))
    boxes = (
        Box("customers", "source", "customers", "source", 0, source),
        Box("sink:out", "sink", "out", "zone lab", 1, edge),
    )
    return Picture("nightly", False, boxes, lines)


def test_boxes_of_few_columns_stay_as_they_are() -> None:
    assert condensed(wide(MOST_ROWS)) == wide(MOST_ROWS)


def test_three_hundred_columns_become_a_row_for_each_kind() -> None:
    small = condensed(wide(300))
    assert [len(box.rows) for box in small.boxes] == [3, 3]
    assert small.boxes[0].rows[0].column == "c0, c3, c6 and 97 more"
    assert small.lines == tuple(Line(("customers", i), ("sink:out", i), False) for i in range(3))


@pytest.mark.parametrize("columns", [5, 300])
def test_the_picture_is_xml_with_a_row_for_each_column_or_kind(columns: int) -> None:
    root = ET.fromstring(as_svg(wide(columns)))
    space = {"s": "http://www.w3.org/2000/svg"}
    rows = 5 if columns == 5 else 3
    assert len(root.findall(".//s:circle", space)) == 2 * rows
    assert len(root.findall("s:path", space)) == rows
    assert int(root.attrib["height"]) < 1_000
    assert not root.findall(".//s:script", space)


def test_the_page_has_every_column_however_many() -> None:
    page = as_html(wide(300))
    assert page.count("<td>c299</td>") == 2
    assert len(re.findall("<tr class=", page)) == 600


def test_names_are_text_whatever_is_in_them() -> None:
    picture = wide(2, name=NASTY)

    class Tags(HTMLParser):
        found: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.found.append(tag)

    reader = Tags()
    reader.feed(as_html(picture))
    assert reader.found.count("script") == 1
    ET.fromstring(as_svg(picture))
    drawn = as_mermaid(picture)
    assert "<script>" not in drawn
    assert drawn.count("-->") == 1
    assert all(line.count('"') in (0, 2) for line in drawn.splitlines())


def test_the_only_script_is_the_one_that_the_page_allows() -> None:
    import base64
    import hashlib

    page = as_html(wide(5))
    script = re.search(r"<script>(.*?)</script>", page, re.S)
    allowed = re.search(r"script-src 'sha256-([^']+)'", page)
    assert script
    assert allowed
    digest = hashlib.sha256(script[1].encode()).digest()
    assert base64.b64decode(allowed[1]) == digest
    assert "default-src 'none'" in page


def test_mermaid_shows_a_dozen_columns_and_counts_the_rest() -> None:
    drawn = as_mermaid(wide(300))
    assert drawn.startswith("flowchart LR\n")
    assert drawn.count("and 288 more") == 2
    assert "n0 --> n1" in drawn


def test_a_flow_that_only_decides_is_dashed_unless_values_flow_too() -> None:
    base = wide(2)
    decides = Line(("customers", 0), ("sink:out", -1), True)
    only = Picture("p", True, base.boxes, (decides,))
    assert "n0 -. decides .-> n1" in as_mermaid(only)
    both = Picture("p", True, base.boxes, (decides, *base.lines))
    assert "decides" not in as_mermaid(both)
    assert "stroke-dasharray" in as_svg(only)
    assert ">refused</span>" in as_html(only)
