"""The gate by itself: every column its own values, name, keys and reasons, in every sink."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated

import pyarrow as pa
import pytest
from protect_ring import Ring
from pydantic import BaseModel

from lockgate.contract.batches import RawBatch, RowPositions, Verdict
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.judge.judge import Judge
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Mode
from lockgate.errors import IntegrityError, TreatmentFailed
from lockgate.flow.check import check
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.keys.ports import Domain
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec, SourceSpec
from lockgate.plan.checked_plan import CheckedPlan
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule
from lockgate.policy.zone import Zone
from lockgate.protect.drop import Drop
from lockgate.protect.reveal import open_frames
from lockgate.protect.tokenize import Tokenize
from lockgate.protect.treatment import Place
from lockgate.run.edge import PROTECTED, Edge
from lockgate.run.gate import Gate, GateResult

DAY = date(2026, 3, 1)
KERNEL: Kernel
TAXONOMY = Taxonomy.shipped()
ROWS = {
    "email": ["ann@example.org", "   ", "carol@example.org", "  "],
    "ssn": ["123-45-6789", "987-65-4321", "none", "none"],
    "city": ["Oslo", "Rome", "Bonn", "Bern"],
    "town": ["Asker", "Ostia", "Siegburg", "Thun"],
}


@pytest.fixture(autouse=True)
def every_kernel(kernel: Kernel) -> None:
    """The tests of this file run with each kernel in turn."""
    global KERNEL
    KERNEL = kernel


class Person(BaseModel):
    email: Annotated[str, Labelled("pii.email", domain="email")]
    ssn: Annotated[str, Labelled("pii.ssn", domain="ssn")]
    city: Annotated[str, Labelled("public")]
    town: Annotated[str, Labelled("public")]


class Visit(BaseModel):
    email: Annotated[str, Labelled("pii.email", domain="email")]
    ssn: Annotated[str | None, Labelled("pii.ssn", domain="ssn")]
    city: Annotated[str, Labelled("public")]
    town: Annotated[str, Labelled("public")] = "none"


CONTRACT = compile_model(Person, id="people", name="people")


def zone(name: str, **rules: str) -> Zone:
    lines = [make_rule(key.replace("__", "."), rule, "", TAXONOMY) for key, rule in rules.items()]
    return Zone(name, "", tuple(lines))


POLICY = Policy(
    TAXONOMY,
    {
        "joins": zone("joins", pii__email="tokenize", pii__ssn="tokenize"),
        "study": zone("study", pii__email="encrypt", pii__ssn="hash"),
        "open": zone("open", pii="drop"),
    },
    {"email": Domain("email", Normaliser.EMAIL), "ssn": Domain("ssn", Normaliser.DIGITS)},
)


def planned(*zones: str, select: tuple[tuple[str, str], ...] = ()) -> CheckedPlan:
    sinks = tuple(SinkSpec(name, name, f"out/{name}", FileFormat.CSV) for name in zones)
    source = SourceSpec("people", "data", FileFormat.PARQUET)
    chosen = tuple(Selection(of, to) for of, to in select)
    return check(Pipeline("p", "test", (source,), sinks, chosen), {"people": CONTRACT}, POLICY)


def gate(plan: CheckedPlan) -> Gate:
    return Gate(plan, CONTRACT, Mode.PYTHON, KERNEL, Ring(), DAY)


def passed(plan: CheckedPlan, rows: dict[str, list[str]] = ROWS) -> GateResult:
    return gate(plan)(RawBatch(Mode.PYTHON, pa.record_batch(rows), RowPositions("f", 1)))


def opened(frames: pa.Array) -> list[str]:
    ring = Ring()
    return open_frames(frames, KERNEL, ring, ring.domain_of, None).cast(pa.string()).to_pylist()


def test_a_value_that_one_sink_cannot_protect_keeps_its_row_from_every_sink() -> None:
    result = passed(planned("open", "joins"))

    assert result.rejected.table.column("row").to_pylist() == [2, 3, 4]
    assert result.accepted.column("city").to_pylist() == ["Oslo"]
    for released in result.released.values():
        assert released.batch.column("city").to_pylist() == ["Oslo"]


def test_every_column_that_cannot_be_protected_is_a_reason() -> None:
    reasons = passed(planned("joins")).rejected.table.column("reasons").to_pylist()

    email = {"column": "email", "type": "not_treatable_tokenize"}
    ssn = {"column": "ssn", "type": "not_treatable_tokenize"}
    assert reasons == [[email], [ssn], [email, ssn]]


def test_selected_columns_bring_their_own_values_under_their_new_names_in_order() -> None:
    swapped = (("town", "city"), ("ssn", "email"), ("city", "town"), ("email", "ssn"))
    batch = passed(planned("joins", select=swapped)).released["joins"].batch

    assert batch.schema.names == ["city", "email", "town", "ssn"]
    assert batch.column("city").to_pylist() == ["Asker"]
    assert batch.column("town").to_pylist() == ["Oslo"]
    assert opened(batch.column("email")) == ["123456789"]
    assert opened(batch.column("ssn")) == ["ann@example.org"]


def test_a_ciphertext_belongs_to_the_column_it_came_from_not_to_its_new_name() -> None:
    select = (("email", "ssn"), ("ssn", "email"))
    frames = passed(planned("study", select=select)).released["study"].batch.column("ssn")
    ring = Ring()

    def opened_at(column: str) -> list[str]:
        place = Place("people", column)
        found = open_frames(frames, KERNEL, ring, ring.domain_of, place)
        return found.cast(pa.string()).to_pylist()

    assert opened_at("email")[0] == "ann@example.org"
    with pytest.raises(IntegrityError):
        opened_at("ssn")


def test_each_sink_gets_what_its_own_zone_demands() -> None:
    result = passed(planned("joins", "study", "open"))

    for name, released in result.released.items():
        assert (released.sink, released.zone) == (name, name)
    assert opened(result.released["joins"].batch.column("email")) == ["ann@example.org"]
    assert result.released["study"].batch.column("ssn") != result.released["joins"].batch.column(
        "ssn"
    )
    assert result.released["open"].batch.schema.names == ["city", "town"]


def test_protected_columns_are_marked_so_that_writers_keep_no_statistics() -> None:
    schema = gate(planned("joins")).edge.schemas["joins"]

    marked = {field.name for field in schema if (field.metadata or {}) == PROTECTED}
    assert marked == {"email", "ssn"}


def test_columns_that_are_never_null_say_so_protected_or_not() -> None:
    contract = compile_model(Visit, id="visits", name="visits")
    source = SourceSpec("visits", "data", FileFormat.PARQUET)
    sinks = (SinkSpec("joins", "joins", "out", FileFormat.PARQUET),)
    plan = check(Pipeline("p", "test", (source,), sinks), {"visits": contract}, POLICY)
    schema = Gate(plan, contract, Mode.PYTHON, KERNEL, Ring(), DAY).edge.schemas["joins"]

    assert {field.name: field.nullable for field in schema} == {
        "email": False,
        "ssn": True,
        "city": False,
        "town": True,
    }
    made_by_steps = Edge(plan, KERNEL, Ring(), DAY).schemas["joins"]
    assert all(field.nullable for field in made_by_steps)


def test_a_null_where_no_accepted_row_has_one_is_not_released(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the judge's nor a treatment's: files say of such columns that they have none."""
    judge = Judge.judge

    def forgetful(self: Judge, raw: RawBatch) -> Verdict:
        verdict = judge(self, raw)
        rows = verdict.accepted
        gone = rows.set_column(2, "city", pa.nulls(rows.num_rows, pa.string()))
        return replace(verdict, accepted=gone)

    with monkeypatch.context() as patch:
        patch.setattr(Judge, "judge", forgetful)
        patch.setattr(Judge, "audit", lambda *_, **__: 0)
        with pytest.raises(IntegrityError, match="column city has null"):
            passed(planned("joins"))

    def emptied(self: Tokenize, values: pa.Array, *_: object) -> tuple[pa.Array, ...]:
        return (pa.nulls(len(values), pa.string()),)

    monkeypatch.setattr(Tokenize, "apply", emptied)
    with pytest.raises(IntegrityError, match="column email has null"):
        passed(planned("joins"))


def test_the_numbers_of_all_keys_in_use_are_told() -> None:
    ring = Ring()
    keys = [ring.primary[pair] for pair in ring.primary if pair[0] in ("email", "ssn")]

    # email: token and encryption key; ssn: token and hash share the index key
    assert set(gate(planned("joins", "study")).edge.key_numbers) == set(keys[:3])
    assert gate(planned("open")).edge.key_numbers == ()


def test_a_plan_for_another_version_of_the_contract_is_refused() -> None:
    plan = planned("joins")
    old = replace(plan, sources=(replace(plan.sources[0], contract_digest="0" * 64),))
    with pytest.raises(IntegrityError, match="another version"):
        gate(old)


class Careless(Tokenize):
    """A treatment that says one field and gives none."""

    __slots__ = ()
    apply = Drop.apply


class Short(Tokenize):
    """A treatment that loses a row."""

    __slots__ = ()

    def apply(self, values: pa.Array, *rest: object) -> tuple[pa.Array, ...]:
        return (Tokenize.apply(self, values, *rest)[0][:-1],)


@pytest.mark.parametrize("treatment", [Careless(), Short()], ids=["no column", "a row less"])
def test_a_treatment_that_breaks_its_word_releases_nothing(treatment: Tokenize) -> None:
    plan = planned("joins", select=(("email", "email"), ("city", "city")))
    (sink,) = plan.sinks
    columns = (replace(sink.columns[0], treatment=treatment), *sink.columns[1:])
    broken = replace(plan, sinks=(replace(sink, columns=columns),))

    with pytest.raises(TreatmentFailed, match="email"):
        passed(broken)
