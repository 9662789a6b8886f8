"""Attacks on the reader of ODCS documents: wrong kinds anywhere, ids that no run could use."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import pytest

from lockgate.contract.from_odcs import compile_odcs
from lockgate.errors import ContractError, LabelError, Position


def nowhere(path: tuple[str | int, ...]) -> Position | None:
    return None


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
                {"name": "seen", "logicalType": "timestamp", "required": True},
                {"name": "mail", "logicalType": "string", "logicalTypeOptions": {"maxLength": 99}},
            ],
            "quality": [
                {"metric": "rowCount", "mustBeGreaterThan": 1},
                {"type": "text", "description": "people are people"},
            ],
        }
    ],
}
RICH: dict[str, Any] = copy.deepcopy(DOCUMENT)
RICH["schema"][0]["quality"] += [
    {"metric": "duplicateValues", "arguments": {"properties": ["mail"]}, "mustBe": 0},
]
RICH["schema"][0]["properties"][3]["quality"] = [
    {"metric": "missingValues", "arguments": {"missingValues": ["-"]}, "mustBe": 0},
    {
        "metric": "invalidValues",
        "arguments": {"pattern": "@", "minLength": 3, "maxLength": 9},
        "mustBeBetween": [0, 5],
        "unit": "percent",
    },
]


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


HOSTILE: list[Any] = [[], [[]], {}, {"a": [1]}, [{"a": 1}], None, True, -1, 1.5, "x@example.com"]


def test_a_value_of_any_wrong_kind_anywhere_is_a_problem_of_the_contract() -> None:
    refused = 0
    for path in places(RICH):
        for value in HOSTILE:
            document = copy.deepcopy(RICH)
            node: Any = document
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
            with contextlib.suppress(ContractError, LabelError):
                compile_odcs(document, nowhere)
                refused -= 1
            refused += 1
    assert refused > 500


@pytest.mark.parametrize("metric", [["rowCount"], {"rowCount": 1}])
def test_a_metric_that_is_no_word_is_a_problem_with_its_place(metric: Any) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["schema"][0]["quality"][0]["metric"] = metric
    with pytest.raises(ContractError) as caught:
        compile_odcs(document, nowhere)
    assert "schema.0.quality.0.metric" in caught.value.problems[0].message


@pytest.mark.parametrize("item", [["mail"], {"mail": 1}])
def test_a_listed_column_that_is_no_word_is_a_problem_with_its_place(item: Any) -> None:
    document = copy.deepcopy(RICH)
    document["schema"][0]["quality"][2]["arguments"]["properties"] = [item]
    with pytest.raises(ContractError) as caught:
        compile_odcs(document, nowhere)
    assert "schema.0.quality.2.arguments.properties" in caught.value.problems[0].message


@pytest.mark.parametrize("id_", ["a b", "x@example.com", "a/b", "é", "a" * 101, "a\n"])
@pytest.mark.parametrize("fixed", [False, True])
def test_an_id_that_no_run_could_use_is_refused_with_its_place(id_: str, fixed: bool) -> None:
    document = copy.deepcopy(DOCUMENT)
    if fixed:
        document["schema"][0]["customProperties"] = custom(id=id_)
    else:
        document["id"] = id_
    with pytest.raises(ContractError) as caught:
        compile_odcs(document, nowhere)
    (problem,) = caught.value.problems
    assert problem.message.startswith("schema.0.customProperties.0" if fixed else "id:")
    assert "at most 100" in problem.hint
    assert "example.com" not in str(problem)
