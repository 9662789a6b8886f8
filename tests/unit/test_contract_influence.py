"""What decided a released column's rows is written down beside it, and read back."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel

from lockgate.contract.from_odcs import compile_odcs
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.errors import PlanRefused
from lockgate.flow.check import check, examine
from lockgate.flow.findings import FindingRule, Severity
from lockgate.labels.label import LabelSet
from lockgate.pipeline.model import FileFormat, Pipeline, SinkSpec, SourceSpec
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule
from lockgate.policy.zone import Zone
from lockgate.run.outputs import sink_contract

POLICY = Policy.shipped()


class Total(BaseModel):
    city: Annotated[str, Labelled("public", influence=("pii.email", "pii.ssn"))]


CONTRACT = compile_model(Total, id="totals", name="totals")


def pipeline(zone: str) -> Pipeline:
    source = SourceSpec("totals", "totals.csv", FileFormat.CSV)
    return Pipeline("p", "test", (source,), (SinkSpec("out", zone, "out", FileFormat.CSV),))


def denying() -> Policy:
    rule = make_rule("pii.ssn", "deny", "", POLICY.taxonomy)
    return Policy(POLICY.taxonomy, {"lab": Zone("lab", "", (), (rule,))}, {})


def test_influence_goes_from_an_output_to_whoever_reads_it() -> None:
    plan = check(pipeline("analytics"), {"totals": CONTRACT}, POLICY)
    document = sink_contract("p", plan.sinks[0], "totals", "1", {}, {})
    read = compile_odcs(document, lambda path: None)
    (column,) = read.columns
    assert column.labels.public
    assert column.influence == LabelSet.of("pii.email", "pii.ssn")
    assert read.digest != CONTRACT.digest
    with pytest.raises(PlanRefused) as refused:
        check(pipeline("lab"), {"totals": read}, denying())
    assert "pii.ssn" in str(refused.value.problems[0])


def test_what_is_hidden_and_decides_is_said_once_a_sink() -> None:
    (found,) = examine(pipeline("analytics"), {"totals": CONTRACT}, POLICY).findings
    assert (found.rule, found.severity) == (FindingRule.DECIDED, Severity.WARNING)
    assert found.label == "pii.email, pii.ssn"
    assert "city" in found.message
    assert "pii.email: deny, pii.ssn: deny" in found.fix
    assert examine(pipeline("raw"), {"totals": CONTRACT}, POLICY).findings == ()


def test_the_digest_of_a_contract_covers_its_influence_and_its_code_shows_it() -> None:
    class Plain(BaseModel):
        city: Annotated[str, Labelled("public")]

    plain = compile_model(Plain, id="totals", name="totals")
    assert plain.digest != CONTRACT.digest
    assert repr(Labelled("public", influence=("pii.ssn",))) == (
        "Labelled(\"public\", influence=['pii.ssn'])"
    )


def test_a_malformed_influence_is_refused_at_its_place() -> None:
    from lockgate.errors import ContractError

    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "t",
        "name": "t",
        "version": "1",
        "status": "active",
        "schema": [
            {
                "name": "t",
                "logicalType": "object",
                "properties": [
                    {
                        "name": "city",
                        "logicalType": "string",
                        "customProperties": [
                            {"property": "lockgate.label", "value": "public"},
                            {"property": "lockgate.influence", "value": "Not A Label"},
                        ],
                    }
                ],
            }
        ],
    }
    with pytest.raises(ContractError) as refused:
        compile_odcs(document, lambda path: None)
    assert "label" in refused.value.problems[0].message
