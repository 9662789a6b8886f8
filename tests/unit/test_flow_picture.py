"""A plan to look at: boxes, Mermaid, SVG and HTML, at few and at many columns."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from lockgate.assemble.create import create_project
from lockgate.assemble.workspace import Workspace
from lockgate.flow.condense import LETTERS, MOST_ROWS, condensed
from lockgate.flow.mermaid import as_mermaid
from lockgate.flow.page import as_html
from lockgate.flow.picture import Box, Line, Picture, Row, picture
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
    assert len(root.findall("s:g/s:circle", space)) == 2 * rows
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


@pytest.mark.parametrize("draw", [as_html, as_svg, as_mermaid])
def test_nothing_invisible_or_reordering_is_drawn(draw: Callable[[Picture], str]) -> None:
    base = wide(2, name="x\n\u202ey\u200b\u2028\x1b[2J")
    boxes = tuple(replace(box, title=box.title + "\u202e", subtitle="\u2066") for box in base.boxes)
    drawn = draw(replace(base, title="night\u202ely", boxes=boxes))
    for letter in "\u202e\u200b\u2028\u2066\x1b":
        assert letter not in drawn
        assert f"&#{ord(letter)};" not in drawn
        assert f"#{ord(letter)};" not in drawn
    assert "u202e" in drawn


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


def test_below_the_picture_stands_what_its_colours_and_lines_say_and_nothing_else() -> None:
    drawn = as_svg(wide(5))
    for word in ("sensitive, in clear", "protected", "values"):
        assert f">{word}</text>" in drawn
    for word in ("left out", "refused", "only decides"):
        assert f">{word}</text>" not in drawn


def test_a_line_over_several_ranks_goes_below_the_boxes_between() -> None:
    base = wide(3)
    between = Box("step", "step", "step", "step", 1, base.boxes[0].rows)
    boxes = (base.boxes[0], between, replace(base.boxes[1], rank=2))
    (path,) = re.findall(r'<path d="([^"]+)"', as_svg(Picture("p", False, boxes, base.lines[:1])))
    lane = re.search(r",(\d+) h\d+", path)
    box = re.findall(r'<rect x="\d+" y="(\d+)" width="\d+" height="(\d+)"', as_svg(base))
    assert lane
    assert int(lane[1]) > sum(map(int, box[0]))


def test_long_names_are_cut_and_the_count_of_alike_columns_stays() -> None:
    small = condensed(wide(300, name="a_rather_long_name_of_"))
    for row in small.boxes[0].rows:
        assert len(row.column) <= LETTERS
        assert row.column.endswith("… and 99 more")


@pytest.fixture(scope="module")
def leak(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    """The leak of the demonstration, examined."""
    folder = tmp_path_factory.mktemp("leak") / "demo"
    create_project(folder, "demo")
    demo = files("lockgate.cli.demo")
    with as_file(demo / "project") as project:
        shutil.copytree(project, folder, dirs_exist_ok=True)
    (folder / "pipelines" / "leak.yaml").write_bytes((demo / "leak.yaml").read_bytes())
    with Workspace.open(folder) as workspace:
        return picture("partner_feed", workspace.check(["partner_feed"]).examined["partner_feed"])


def test_a_refused_pipeline_shows_zone_and_treatments_and_what_is_refused(leak: Picture) -> None:
    sink = leak.boxes[-1]
    assert leak.refused
    assert (sink.title, sink.subtitle) == ("partner", "zone partner")
    assert [(row.column, row.treatment) for row in sink.rows] == [
        ("department", "allow"),
        ("charge", "allow"),
        ("rate", "refused"),
    ]
    assert sink.rows[2].mood == "refused"
    assert "phi: deny" in sink.rows[2].why
    assert ":::refused" in as_mermaid(leak)


def test_the_way_of_a_refused_label_is_marked_and_no_other(leak: Picture) -> None:
    names = {(box.id, n): row.column for box in leak.boxes for n, row in enumerate(box.rows)}
    way = [(*line.start, *line.end) for line in leak.lines if line.refused]
    told = [(a, names[a, n], b, names[b, m]) for a, n, b, m in way]
    assert told == [
        ("patients", "diagnosis", "billed", "tariff"),
        ("billed", "tariff", "feed", "rate"),
        ("feed", "rate", "sink:partner", "rate"),
    ]
    assert as_svg(leak).count('stroke-width="2"') == len(way)


def test_the_picture_in_the_readme_is_this_one(leak: Picture, repository: Path) -> None:
    """Drawn again by `lockgate plan partner_feed --format svg`, with the leak in a demo project."""
    assert (repository / "docs" / "pictures" / "leak.svg").read_text("utf-8") == as_svg(leak)


def test_a_sink_stands_right_behind_what_it_reads(leak: Picture) -> None:
    assert {box.id: box.rank for box in leak.boxes} == {
        "patients": 0,
        "visits": 0,
        "billed": 1,
        "feed": 2,
        "sink:partner": 3,
    }
