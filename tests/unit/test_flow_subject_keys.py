"""The static check of labels that shred and of values bound to their record, finding by finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Contract
from lockgate.flow.check import check, findings
from lockgate.flow.explain import explain
from lockgate.flow.findings import Finding, FindingRule
from lockgate.flow.fixes import zone_line
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec, SourceSpec
from lockgate.plan.checked_plan import CheckedPlan, PlannedColumn
from lockgate.plan.digest import plan_digest
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule, shipped_zones

TAXONOMY = Taxonomy.shipped().shredding("pii.national_id").shredding("pii.address")
POLICY = Policy(TAXONOMY, shipped_zones())


class Patient(BaseModel):
    mrn: Annotated[str, Labelled("phi.mrn", subject=True)]
    national: Annotated[str | None, Labelled("pii.national_id")]
    address: Annotated[str, Labelled("pii.address")]
    ward: Annotated[str, Labelled("public")]


def contract(model: type[BaseModel] = Patient, **keys: bool) -> Contract:
    made = compile_model(model, id="patients", name="patients")
    columns = tuple(replace(c, primary_key=keys.get(c.name, False)) for c in made.columns)
    return replace(made, columns=columns)


def policy(base: Policy = POLICY, **rules: Any) -> Policy:
    zone = base.zone("analytics")
    lines = [make_rule(k.replace("__", "."), spec, "", TAXONOMY) for k, spec in rules.items()]
    return base.with_zones([zone.extended("analytics", lines)])


def pipeline(*select: str, ignore: tuple[str, ...] = ()) -> Pipeline:
    source = SourceSpec("patients", "data/p.csv", FileFormat.CSV, ignore)
    sink = SinkSpec("out", "analytics", "out/a", FileFormat.CSV)
    return Pipeline(
        "nightly", "study", (source,), (sink,), tuple(Selection(name, name) for name in select)
    )


def planned(plan: CheckedPlan) -> dict[str, PlannedColumn]:
    return {column.name: column for column in plan.sinks[0].columns}


def proven(select: tuple[str, ...], of: Contract, rules: Policy) -> dict[str, PlannedColumn]:
    return planned(check(pipeline(*select), {"patients": of}, rules))


def only(select: tuple[str, ...], of: Contract, rules: Policy) -> Finding:
    found = findings(pipeline(*select), {"patients": of}, rules)
    assert len(found) == 1, [str(finding.problem) for finding in found]
    return found[0]


def test_what_is_encrypted_of_a_label_that_shreds_is_under_its_subjects_key() -> None:
    column = proven(("national", "ward"), contract(), POLICY)["national"]
    assert column.treatment is not None
    assert column.treatment.describe() == {
        "treatment": "encrypt",
        "index": False,
        "shred": "subject",
    }
    assert (column.subject, column.subject_domain) == ("mrn", "patient-id")


def test_the_plan_shows_it() -> None:
    plan = check(pipeline("national"), {"patients": contract()}, POLICY)
    assert [row.treatment for row in explain(plan)] == ["encrypt (shred: subject)"]


@pytest.mark.parametrize("rule", ["hash", "mask", "drop", "redact", "allow"])
def test_what_cannot_be_turned_back_is_left_as_it_is(rule: str) -> None:
    rules = policy(pii__national_id=rule)
    column = proven(("national", "ward"), contract(), rules)["national"]
    assert (column.subject, column.subject_domain) == ("", "")


@pytest.mark.parametrize("rule", ["tokenize", {"fpe": "alphanumeric"}, "fernet"])
def test_another_way_back_is_refused(rule: Any) -> None:
    found = only(("national", "ward"), contract(), policy(pii__national_id=rule))
    assert found.rule is FindingRule.SHRED_REVERSIBLE
    assert (found.column, found.label, found.zone) == ("national", "pii.national_id", "analytics")
    assert found.fix == zone_line(POLICY.zone("analytics"), "pii.national_id: encrypt")


def test_a_label_below_one_that_shreds_shreds() -> None:
    taxonomy = Taxonomy.shipped().shredding("pii")
    assert taxonomy.shreds("pii.name.first")
    assert not taxonomy.shreds("phi.mrn")
    assert not Taxonomy.shipped().shreds("pii")


def test_a_contract_without_subject_is_refused() -> None:
    class Nobody(BaseModel):
        mrn: Annotated[str, Labelled("phi.mrn")]
        national: Annotated[str, Labelled("pii.national_id")]

    found = only(("national",), contract(Nobody), POLICY)
    assert found.rule is FindingRule.SHRED_SUBJECT
    assert "contract patients has no subject column" in found.message


def test_a_subject_that_the_source_ignores_is_refused() -> None:
    class Loose(Patient):
        mrn: Annotated[str | None, Labelled("phi.mrn", subject=True)] = None

    one = pipeline("national", ignore=("mrn",))
    (found,) = findings(one, {"patients": contract(Loose)}, POLICY)
    assert found.rule is FindingRule.SHRED_SUBJECT
    assert "does not come as far" in found.message


@pytest.mark.parametrize(
    ("label", "domain", "rule"),
    [
        ("public", "", FindingRule.MISSING_DOMAIN),
        ("phi.mrn", "nowhere", FindingRule.UNKNOWN_DOMAIN),
    ],
)
def test_a_subject_whose_spellings_nobody_knows_is_refused(
    label: str, domain: str, rule: FindingRule
) -> None:
    class Odd(BaseModel):
        mrn: Annotated[str, Labelled(label, subject=True, domain=domain)]
        national: Annotated[str, Labelled("pii.national_id")]

    assert only(("national",), contract(Odd), POLICY).rule is rule


def test_a_subject_that_is_a_fraction_is_refused() -> None:
    class Fraction(BaseModel):
        mrn: Annotated[float, Labelled("phi.mrn", subject=True)]
        national: Annotated[str, Labelled("pii.national_id")]

    assert only(("national",), contract(Fraction), POLICY).rule is FindingRule.TREATMENT_TYPE


def test_the_digest_of_policy_and_plan_cover_it() -> None:
    plain = Policy(Taxonomy.shipped(), shipped_zones())
    assert plain.digest != POLICY.digest
    plans = [check(pipeline("national"), {"patients": contract()}, one) for one in (plain, POLICY)]
    assert plans[0].digest != plans[1].digest


BOUND = {"encrypt": {"bind": "record"}}


def test_values_are_bound_to_the_contracts_key_as_it_stands_in_the_sink() -> None:
    rules = policy(pii__address=BOUND)
    columns = proven(("ward", "mrn", "address"), contract(mrn=True, ward=True), rules)
    assert columns["address"].record == ("mrn", "ward")
    assert columns["mrn"].record == ()
    treatment = columns["address"].treatment
    assert treatment is not None
    assert treatment.describe()["bind"] == "record"


def test_the_digest_covers_whose_a_value_is_and_what_it_is_bound_to() -> None:
    plan = check(
        pipeline("mrn", "address"), {"patients": contract(mrn=True)}, policy(pii__address=BOUND)
    )
    (sink,) = plan.sinks
    changes = ({"subject": "ward"}, {"subject_domain": "email"}, {"record": ("ward",)})
    digests = {plan.digest}
    for change in changes:
        columns = (sink.columns[0], replace(sink.columns[1], **change))
        digests.add(plan_digest(replace(plan, sinks=(replace(sink, columns=columns),))))
    assert len(digests) == 1 + len(changes)


@pytest.mark.parametrize(
    ("select", "keys", "mrn", "told"),
    [
        (("mrn", "address"), (), "tokenize", "has no primary key"),
        (("ward", "address"), ("mrn",), "tokenize", "the key column mrn is not in the sink"),
        (("mrn", "address", "ward"), ("mrn",), "encrypt", "mrn is not in the sink, clear or under"),
        (("mrn", "address", "ward"), ("mrn",), "mask", "mrn is not in the sink, clear or under"),
        (("mrn", "address", "ward"), ("mrn",), "drop", "mrn is not in the sink, clear or under"),
    ],
)
def test_a_key_that_is_not_beside_the_value_is_refused(
    select: tuple[str, ...], keys: tuple[str, ...], mrn: Any, told: str
) -> None:
    rules = policy(pii__address=BOUND, phi__mrn=mrn)
    found = only(select, contract(**dict.fromkeys(keys, True)), rules)
    assert found.rule is FindingRule.RECORD_KEY
    assert told in found.message


def test_a_key_that_can_be_written_in_several_ways_is_refused() -> None:
    class Measured(BaseModel):
        mrn: Annotated[str, Labelled("phi.mrn", subject=True)]
        at: Annotated[float, Labelled("public")]
        address: Annotated[str, Labelled("pii.address")]

    rules = policy(pii__address=BOUND)
    found = only(("at", "address"), contract(Measured, at=True), rules)
    assert found.rule is FindingRule.RECORD_KEY
    assert "may be written in several ways" in found.message
