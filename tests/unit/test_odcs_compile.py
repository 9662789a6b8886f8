"""ODCS documents: what compiles, what is refused and where, and the standard's own schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import open_data_contract_standard.model as oracle
import pyarrow as pa
import pytest

from lockgate.contract.code import model_code
from lockgate.contract.dataset_rule import Metric
from lockgate.contract.digest import describe
from lockgate.contract.from_odcs import compile_odcs
from lockgate.contract.model import Contract
from lockgate.contract.odcs.pattern import PatternRefused, to_rust
from lockgate.contract.to_odcs import OutputColumn, output_contract
from lockgate.errors import ContractError, Position
from lockgate.labels.label import LabelSet


def custom(**values: Any) -> list[dict[str, Any]]:
    return [{"property": f"lockgate.{key}", "value": value} for key, value in values.items()]


DOCUMENT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "urn-people",
    "name": "people",
    "version": "1.0.0",
    "status": "active",
    "customProperties": custom(max_rejected=0.25),
    "schema": [
        {
            "name": "people",
            "logicalType": "object",
            "properties": [
                {
                    "name": "person_id",
                    "id": "pid",
                    "logicalType": "string",
                    "primaryKey": True,
                    "logicalTypeOptions": {"pattern": r"^Q\d+-\d+$"},
                    "customProperties": custom(label="pii.id", subject=True, domain="person"),
                },
                {
                    "name": "class",
                    "logicalType": "integer",
                    "quality": [
                        {
                            "metric": "invalidValues",
                            "arguments": {"validValues": [1, 2]},
                            "mustBe": 0,
                        }
                    ],
                },
                {
                    "name": "gender",
                    "logicalType": "string",
                    "customProperties": custom(
                        enum=["male", "female"], label=["pii.gender", "phi.demographics"]
                    ),
                },
                {
                    "name": "mail",
                    "logicalType": "string",
                    "required": True,
                    "unique": True,
                    "logicalTypeOptions": {"format": "email", "maxLength": 99},
                },
                {
                    "name": "date",
                    "logicalType": "date",
                    "logicalTypeOptions": {"minimum": "1900-01-01", "format": "yyyy-MM-dd"},
                },
                {
                    "name": "seen",
                    "logicalType": "timestamp",
                    "logicalTypeOptions": {
                        "timezone": True,
                        "exclusiveMaximum": "2030-01-01T00:00:00+00:00",
                    },
                },
                {"name": "at", "logicalType": "time"},
                {
                    "name": "amount",
                    "logicalType": "number",
                    "physicalType": "DECIMAL(12,2)",
                    "logicalTypeOptions": {"minimum": 0},
                },
                {
                    "name": "share",
                    "logicalType": "number",
                    "logicalTypeOptions": {"minimum": 0, "maximum": 1},
                    "customProperties": custom(label="public"),
                },
                {"name": "alive", "logicalType": "boolean"},
                {"name": "photo", "logicalType": "string", "physicalType": "binary"},
                {"name": "small", "logicalType": "integer", "logicalTypeOptions": {"format": "i8"}},
                {"name": "key", "logicalType": "string", "logicalTypeOptions": {"format": "uuid"}},
            ],
            "quality": [
                {"metric": "rowCount", "mustBeGreaterThan": 1},
                {"type": "text", "description": "people are people"},
            ],
        }
    ],
}


def nowhere(path: tuple[str | int, ...]) -> Position | None:
    return None


def here(path: tuple[str | int, ...]) -> Position | None:
    return Position("/".join(map(str, path)) or "top", 1)


def compiled(document: Mapping[str, Any] = DOCUMENT) -> Contract:
    return compile_odcs(document, nowhere)


def with_property(**changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    document["schema"][0]["properties"][0].update(changes)
    return document


def test_the_document_is_valid_odcs() -> None:
    parsed = oracle.OpenDataContractStandard.model_validate(DOCUMENT)
    assert parsed.schema_ is not None


def test_columns_have_types_labels_and_ids() -> None:
    contract = compiled()
    assert contract.id == "urn-people"
    assert contract.max_rejected == 0.25
    kinds = {column.name: column.arrow_type for column in contract.columns}
    assert kinds == {
        "person_id": pa.string(),
        "class": pa.int64(),
        "gender": pa.string(),
        "mail": pa.string(),
        "date": pa.date32(),
        "seen": pa.timestamp("us", tz="UTC"),
        "at": pa.time64("us"),
        "amount": pa.decimal128(12, 2),
        "share": pa.float64(),
        "alive": pa.bool_(),
        "photo": pa.binary(),
        "small": pa.int64(),
        "key": pa.string(),
    }
    key = contract.column("person_id")
    assert (key.id, key.subject, key.domain, key.required) == ("pid", True, "person", True)
    assert key.labels == LabelSet.of("pii.id")
    assert contract.column("gender").labels == LabelSet.of("pii.gender", "phi.demographics")
    assert contract.column("share").labels.public
    assert contract.column("alive").labels.unclassified


def test_optional_columns_default_to_null() -> None:
    fields = compiled().model.model_fields
    assert not fields["share"].is_required()
    assert fields["share"].default is None
    assert fields["mail"].is_required()


def test_keys_and_row_counts_become_dataset_rules() -> None:
    rules = compiled().extras["dataset_rules"]
    found = {(rule.metric, rule.columns) for rule in rules}
    assert found == {
        (Metric.DUPLICATE_VALUES, ("person_id",)),
        (Metric.DUPLICATE_VALUES, ("mail",)),
        (Metric.ROW_COUNT, ()),
    }


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"zz": 1}, "zz", "unknown key"),
        ({"required": "yes"}, "required", "true or false"),
        ({"logicalType": "object"}, "logicalType", "not supported"),
        ({"logicalType": "text"}, "logicalType", "not a logical type"),
        ({"logicalTypeOptions": {"pattern": "(?=x)"}}, "pattern", "look-around"),
        ({"logicalTypeOptions": {"format": "iban"}}, "format", "not a supported format"),
        ({"logicalTypeOptions": {"maxLength": "9"}}, "maxLength", "whole number"),
        ({"logicalTypeOptions": {"minimum": 9}}, "minimum", "unknown key"),
        ({"customProperties": custom(lable="x")}, "property", "unknown property"),
        ({"customProperties": custom(label="Not A Label")}, "value", "not a label"),
        ({"customProperties": custom(id="a b")}, "value", "column id"),
        ({"quality": [{"type": "sql", "query": "select 1", "mustBe": 0}]}, "type", "not run"),
        ({"quality": [{"type": "custom", "engine": "x"}]}, "type", "not run"),
        ({"quality": [{"metric": "nullValues"}]}, "0", "exactly one comparison"),
        ({"quality": [{"metric": "magic", "mustBe": 0}]}, "metric", "not a library metric"),
        ({"enum": [{"value": "a"}]}, "enum", "other limits"),
    ],
)  # fmt: skip
def test_problems_name_their_place(changes: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ContractError) as caught:
        compile_odcs(with_property(**changes), here)
    problem = next(item for item in caught.value.problems if words in item.message)
    assert problem.where is not None
    assert problem.where.file.split("/")[-1] == place


def test_all_problems_come_in_one_pass() -> None:
    document = with_property(zz=1, required="yes", logicalTypeOptions={"pattern": "["})
    document["schema"][0]["properties"][3]["logicalType"] = "array"
    document["kind"] = "Other"
    del document["apiVersion"]
    with pytest.raises(ContractError) as caught:
        compile_odcs(document, here)
    assert len(caught.value.problems) == 6


def test_several_objects_need_a_choice() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["schema"].append({**document["schema"][0], "name": "others"})
    with pytest.raises(ContractError, match="problem"):
        compiled(document)
    assert compile_odcs(document, nowhere, "others").id == "urn-people.others"


def test_the_written_model_is_the_compiled_model() -> None:
    contract = compiled()
    namespace: dict[str, Any] = {}
    source = model_code(contract)
    exec(compile(source, "<contract>", "exec", dont_inherit=True), namespace)
    written = describe(namespace["People"].__pydantic_core_schema__)
    made = describe(contract.model.__pydantic_core_schema__)
    written.pop("cls"), made.pop("cls")
    assert written == made
    markers = [column.labels for column in contract.columns]
    from lockgate.contract.from_pydantic import compile_model

    again = compile_model(namespace["People"], id="x", name="x")
    assert [column.labels for column in again.columns] == markers
    assert [column.id for column in again.columns] == [column.id for column in contract.columns]
    assert max(map(len, source.splitlines())) <= 100


def test_model_code_keeps_text_inside_its_quotes() -> None:
    document = copy.deepcopy(DOCUMENT)
    nasty = 'a """ \\ "); raise SystemExit("pwned") #'
    document["schema"][0]["description"] = nasty
    document["schema"][0]["properties"][9]["description"] = nasty
    document["schema"][0]["properties"][2]["customProperties"] = custom(enum=[nasty, "x'\"\n\\"])
    contract = compiled(document)
    namespace: dict[str, Any] = {}
    exec(compile(model_code(contract), "<contract>", "exec", dont_inherit=True), namespace)
    made = describe(contract.model.__pydantic_core_schema__)
    assert describe(namespace["People"].__pydantic_core_schema__)["schema"] == made["schema"]


@pytest.mark.parametrize(
    ("ecma", "rust"),
    [
        (r"^\d{5}$", r"^[0-9]{5}$"),
        (r"[\d\w-]", r"[0-9A-Za-z0-9_-]"),
        (r"a\/b", "a/b"),
        (r"a\<b", "a<b"),
        (r"\.\-", r"\.\-"),
        ("[[a]", r"[\[a]"),
        ("(?:a|b)+", "(?:a|b)+"),
    ],
)
def test_patterns_keep_their_meaning(ecma: str, rust: str) -> None:
    assert to_rust(ecma) == rust


@pytest.mark.parametrize(
    "pattern",
    [r"(?=a)", r"(?<!a)b", r"(a)\1", r"\bword", r"\s+", r"[a&&b]", "a{", "}", "[]a]", r"\cA",
     "(?i)a", r"(?<n>a)", "a\\", "(", "[a", r"[\D]", "x" * 1001, r"\k<n>", r"\u0041"],
)  # fmt: skip
def test_patterns_of_another_meaning_are_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        to_rust(pattern)


def test_an_output_contract_reads_back() -> None:
    kinds = [
        pa.string(), pa.binary(), pa.int64(), pa.int32(), pa.decimal128(5, 2), pa.float64(),
        pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.date32(), pa.bool_(), pa.time64("us"),
    ]  # fmt: skip
    labels = LabelSet.of("pseudonym(pii.email; domain=email; key=3)")
    columns = [
        OutputColumn(f"c{i}", f"id{i}", kind, labels, "people", "email", 3, "tokenize", i % 2 == 0)
        for i, kind in enumerate(kinds)
    ]
    columns.append(OutputColumn("c_index", "id0", pa.string(), labels, "people", "", 4, "", True))
    document = output_contract(id="out", name="out", version="1", columns=columns)
    oracle.OpenDataContractStandard.model_validate(document)
    contract = compile_odcs(json.loads(json.dumps(document)), nowhere)
    assert [column.labels for column in contract.columns] == [labels] * len(columns)
    assert contract.columns[0].id == "id0"
    assert contract.columns[-1].id == "id0.c_index"
    held = [pa.int64() if kind == pa.int32() else kind for kind in kinds]
    assert [column.arrow_type for column in contract.columns][:-1] == held
    assert [column.required for column in contract.columns][:2] == [False, True]


def test_a_secret_written_as_the_name_of_a_property_is_not_repeated() -> None:
    for name in ("Zq8kk2mPqWx7", "zq8kk2.mpqwx7"):
        with pytest.raises(ContractError) as caught:
            compile_odcs(with_property(customProperties=custom(**{name: "x"})), here)
        told = " ".join(problem.message for problem in caught.value.problems)
        assert "unknown property lockgate.(not shown)" in told
        assert not [part for part in name.split(".") if part in told]
