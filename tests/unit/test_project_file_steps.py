"""sources, steps and sinks with ``from`` in the project's files; every problem in one pass."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lockgate.assemble.project_file import load_project
from lockgate.errors import ConfigurationError, SqlRefused
from lockgate.flow.sql.reads import read as read_query
from lockgate.limits import DEFAULT_LIMITS
from lockgate.pipeline.model import Pipeline, StepKind
from lockgate.pipeline.reserved import RESERVED
from small_project import CONTRACT

HEAD = "lockgate: 1\nproject: shop\n"
GOOD = """
pipelines:
  revenue:
    purpose: accounting
    sources:
      people: {contract: people, path: people.csv, format: csv}
      others: {contract: people, path: others.parquet, format: parquet, ignore: [city]}
    steps:
      joined:
        sql: |
          SELECT p.city, o.id
          FROM people p JOIN others o USING (id)
      counted:
        file: steps/counted.sql
        aggregate: {subject: id, k: 20, dominance: 1}
      scored:
        python: steps:score
        inputs: [joined]
        declassify:
          score: {derives: [joined.city], reason: by design, approver: ann}
          level: {labels: [public], reason: three levels, approver: bob}
    sinks:
      raw: {zone: raw, path: out/raw, format: parquet, from: counted}
      lab: {zone: analytics, path: out/lab, format: csv, from: scored}
"""


def write(folder: Path, pipelines: str) -> Path:
    (folder / "contracts").mkdir()
    (folder / "contracts" / "people.odcs.yaml").write_text(CONTRACT)
    (folder / "steps").mkdir()
    (folder / "steps" / "counted.sql").write_text("SELECT count(*) AS n FROM joined")
    (folder / "lockgate.yaml").write_text(HEAD + pipelines)
    return folder


def read(folder: Path, pipelines: str = GOOD) -> Pipeline:
    return load_project(write(folder, pipelines)).pipelines["revenue"]


def problems(folder: Path, pipelines: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load_project(write(folder, pipelines))
    return [
        f"{problem.where.line if problem.where else 0}: {problem.message}"
        for problem in raised.value.problems
    ]


def test_sources_steps_and_what_sinks_read_are_as_written(tmp_path: Path) -> None:
    pipeline = read(tmp_path)
    assert [(s.name, s.contract, s.ignore) for s in pipeline.sources] == [
        ("people", "people", ()),
        ("others", "people", ("city",)),
    ]
    joined, counted, scored = pipeline.steps
    assert (joined.kind, joined.text.splitlines()[0]) == (StepKind.SQL, "SELECT p.city, o.id")
    assert counted.text == "SELECT count(*) AS n FROM joined"
    fold = counted.aggregation
    assert fold is not None
    assert (fold.subject, fold.k, fold.dominance) == ("id", 20, 1.0)
    assert (scored.kind, scored.text, scored.inputs) == (
        StepKind.PYTHON,
        "steps:score",
        ("joined",),
    )
    claims = {one.column: one for one in scored.declassified}
    assert (claims["score"].derives, claims["score"].labels) == (("joined.city",), None)
    assert (claims["level"].labels, claims["level"].approver) == (("public",), "bob")
    assert [(sink.name, sink.of) for sink in pipeline.sinks] == [
        ("raw", "counted"),
        ("lab", "scored"),
    ]


def test_places_in_a_query_are_places_in_the_file(tmp_path: Path) -> None:
    joined, counted, _ = read(tmp_path).steps
    text = (tmp_path / "lockgate.yaml").read_text().splitlines()
    place = joined.place(2, 6)
    assert place is not None
    assert text[place.line - 1][place.column - 1 :].startswith("people p")
    elsewhere = counted.place(1, 8)
    assert elsewhere is not None
    assert str(elsewhere) == "steps/counted.sql:1:8"


def test_a_query_on_one_line_is_placed_at_its_step(tmp_path: Path) -> None:
    folded = GOOD.replace("sql: |\n          SELECT", "sql: SELECT").replace("\n          FROM", "")
    (joined, *_) = read(tmp_path, folded).steps
    assert joined.place(1, 30) == joined.where


BAD = """
pipelines:
  revenue:
    purpose: accounting
    sources:
      People: {contract: people, path: people.csv, format: csv}
      others: {contract: nobody, path: others.csv, format: csv}
    steps:
      two-words: {sql: SELECT 1}
      both: {sql: SELECT 1, python: "steps:score"}
      none: {}
      blind: {python: "steps:score"}
      folded: {python: "steps:score", inputs: [others], aggregate: {subject: id}}
      told: {sql: SELECT 1, inputs: [others]}
      away: {file: ../outside.sql}
      gone: {file: steps/gone.sql}
      small: {sql: SELECT 1, aggregate: {subject: id, k: 1}}
      vague: {sql: SELECT 1, declassify: {x: {reason: a, approver: b}}}
      typo: {sqll: SELECT 1}
    sinks:
      lab: {zone: analytics, path: out, format: csv}
"""


def test_every_mistake_in_steps_comes_in_one_pass_at_its_line(tmp_path: Path) -> None:
    found = problems(tmp_path, BAD)
    for expected in (
        "8: this is not a name of a table",
        "9: there is no contract nobody",
        "11: this is not a name of a table",
        "12: a step is written in one way",
        "13: a step is written in one way",
        "14: a step in Python says what it reads",
        "15: only SQL is proven to be an aggregation",
        "16: inputs are for steps in Python",
        "17: the file lies outside the project's folder",
        "18: there is no such file",
        "19: k is out of range",
        "20: a declassification says one thing",
        "21: unknown key sqll",
    ):
        assert expected in found, (expected, found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("    sources:", "    source: {contract: people, path: x, format: csv}\n    sources:"),
         "a pipeline has one source, or sources"),
        (("    sinks:", "    select: [id]\n    sinks:"), "steps choose columns themselves"),
    ],
)  # fmt: skip
def test_keys_that_do_not_go_together_are_refused(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    found = problems(tmp_path, GOOD.replace(*change, 1))
    assert any(line.endswith(message) for line in found), found


def test_several_sources_need_steps(tmp_path: Path) -> None:
    start, end = GOOD.index("    steps:"), GOOD.index("    sinks:")
    found = problems(tmp_path, GOOD[:start] + GOOD[end:])
    assert any(line.endswith("several sources need steps") for line in found), found


def messages_of(folder: Path, file: str) -> list[str]:
    """What is said of the step's file; the project's other problems are none."""
    with pytest.raises(ConfigurationError) as raised:
        load_project(write_with(folder, file))
    return [problem.message for problem in raised.value.problems]


def write_with(folder: Path, file: str) -> Path:
    if not (folder / "lockgate.yaml").exists():
        write(folder, GOOD)
    (folder / "lockgate.yaml").write_text(HEAD + GOOD.replace("steps/counted.sql", file, 1))
    return folder


@pytest.mark.parametrize("name", [".lockgate/root.sql", ".LockGate/root.sql", "steps/link.sql"])
def test_nothing_in_the_private_folder_is_a_step(tmp_path: Path, name: str) -> None:
    write(tmp_path, GOOD)
    for private in (".lockgate", ".LockGate"):
        (tmp_path / private).mkdir(exist_ok=True)
        (tmp_path / private / "root.sql").write_text("CANARYKEY")
    (tmp_path / "steps" / "link.sql").symlink_to(tmp_path / ".lockgate" / "root.sql")
    assert messages_of(tmp_path, name) == ["nothing below .lockgate is a step's file"]


@pytest.mark.parametrize("name", ["people.csv", "steps/counted", "steps/rows.sql"])
def test_a_file_of_another_name_is_no_step(tmp_path: Path, name: str) -> None:
    write(tmp_path, GOOD)
    for plain in ("people.csv", "steps/counted"):
        (tmp_path / plain).write_text("SELECT 1 AS x")
    (tmp_path / "steps" / "rows.sql").symlink_to(tmp_path / "people.csv")
    said = ["a step's file is one with a name that ends in .sql"]
    assert messages_of(tmp_path, name) == said


def test_a_mark_before_the_text_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "steps" / "counted.sql").write_bytes(
        b"\xef\xbb\xbfSELECT count(*) AS n FROM joined"
    )
    _, counted, _ = load_project(tmp_path).pipelines["revenue"].steps
    assert counted.text == "SELECT count(*) AS n FROM joined"


@pytest.mark.parametrize("name", ["select", "where", "join"])
def test_a_word_of_sql_names_no_step_and_no_source(tmp_path: Path, name: str) -> None:
    text = GOOD.replace("      counted:", f"      {name}:", 1)
    text = text.replace("from: counted", f"from: {name}").replace("people: {", f"{name}: {{", 1)
    found = problems(tmp_path, text)
    said = f"{name} is a word of SQL, no name of a table"
    assert [line.partition(": ")[2] for line in found if "word of SQL" in line] == [said, said]


def taken_for_a_table(word: str) -> bool:
    queries = (f"SELECT id FROM {word}", f"SELECT a.id FROM x a JOIN {word} b USING (id)")
    try:
        return all(word in read_query(query, DEFAULT_LIMITS).tables for query in queries)
    except SqlRefused:
        return False


def test_the_reserved_words_are_those_that_no_query_reads() -> None:
    with duckdb.connect() as engine:
        rows = engine.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
    assert {word for (word,) in rows if not taken_for_a_table(word)} == RESERVED


HINTS = {
    ("k: 20", "k: 1"): "2 to 1,000,000",
    ("dominance: 1", "dominance: 0"): "above 0, up to 1",
    ("python: steps:score", "python: steps.score"): 'write "module:function"',
}


@pytest.mark.parametrize("change", HINTS)
def test_hints_of_steps_say_what_may_stand_there(tmp_path: Path, change: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_project(write(tmp_path, GOOD.replace(*change, 1)))
    assert any(HINTS[change] in problem.hint for problem in raised.value.problems)


def test_a_zone_keeps_what_it_extends(tmp_path: Path) -> None:
    zones = "\nzones: {mine: {extends: partner}, own: {rules: {public: allow}}}\n"
    found = load_project(write(tmp_path, GOOD + zones)).policy.zones
    assert (found["mine"].extends, found["own"].extends) == ("partner", "")
