"""The static check, finding by finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

import pyarrow as pa
import pytest
from pydantic import BaseModel

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.markers import Labelled
from lockgate.contract.model import Contract
from lockgate.errors import ExitCode, PlanRefused, Position
from lockgate.flow.check import check, findings
from lockgate.flow.explain import explain
from lockgate.flow.findings import Finding, FindingRule, Severity
from lockgate.flow.fixes import zone_line
from lockgate.labels.entry import LabelEntry
from lockgate.labels.label import LabelSet
from lockgate.labels.taxonomy import Taxonomy
from lockgate.pipeline.model import FileFormat, Pipeline, Selection, SinkSpec, SourceSpec
from lockgate.plan.digest import plan_digest
from lockgate.policy.policy import Policy
from lockgate.policy.shipped import make_rule, shipped_zones
from lockgate.policy.zone import Zone

POLICY = Policy.shipped()


class Patient(BaseModel):
    mrn: Annotated[str, Labelled("phi.mrn", subject=True)]
    email: Annotated[str, Labelled("pii.email")]
    born: Annotated[str, Labelled("pii.birth_date")]
    sex: Annotated[Literal["m", "f"], Labelled("pii.gender")]
    note: Annotated[str, Labelled("phi.note")]
    ward: Annotated[str, Labelled("public")]
    nick: str = ""


def contract(model: type[BaseModel] = Patient) -> Contract:
    return compile_model(
        model, id="patients", name="patients", locate=lambda path: Position("models.py", 7)
    )


def judged_by(model: type[BaseModel] = Patient) -> dict[str, Contract]:
    return {"patients": contract(model)}


def pipeline(
    *select: str | tuple[str, str],
    zone: str = "analytics",
    file_format: FileFormat = FileFormat.PARQUET,
) -> Pipeline:
    chosen = tuple(Selection(*s) if isinstance(s, tuple) else Selection(s, s) for s in select)
    source = SourceSpec("patients", "data/p.csv", FileFormat.CSV)
    sink = SinkSpec("out", zone, "out/a", file_format, Position("lockgate.yaml", 9, 7))
    return Pipeline("nightly", "study", (source,), (sink,), chosen)


def with_rules(**rules: object) -> Policy:
    zone = POLICY.zone("analytics")
    lines = [
        make_rule(key.replace("__", "."), spec, "", POLICY.taxonomy) for key, spec in rules.items()
    ]
    return POLICY.with_zones([zone.extended("analytics", lines)])


def only(found: tuple[Finding, ...]) -> Finding:
    assert len(found) == 1, [str(finding.problem) for finding in found]
    return found[0]


def test_a_plan_has_every_column_with_its_treatment_and_domain() -> None:
    plan = check(pipeline("mrn", ("born", "year"), "sex", "note"), judged_by(), POLICY)
    columns = {c.name: c for c in plan.sinks[0].columns}
    assert {n: c.treatment.name if c.treatment else "allow" for n, c in columns.items()} == {
        "mrn": "tokenize",
        "year": "generalize",
        "sex": "allow",
        "note": "drop",
    }
    assert columns["mrn"].domain == "patient-id"
    assert columns["year"].source == columns["year"].column_id == "born"
    assert columns["year"].domain == ""
    assert columns["mrn"].why == "phi.mrn: tokenize (joins stay possible)"


def test_an_unlabelled_column_is_refused_at_its_place_with_a_line_to_paste() -> None:
    found = only(findings(pipeline("mrn", "nick"), judged_by(), POLICY))
    assert found.rule is FindingRule.UNLABELLED_COLUMN
    assert (found.sink, found.column, found.zone) == ("out", "nick", "analytics")
    assert found.where == Position("models.py", 7)
    assert "lockgate.label" in found.fix


def test_an_unlabelled_column_that_is_not_selected_harms_nobody() -> None:
    assert check(pipeline("mrn"), judged_by(), POLICY).sinks[0].columns[0].name == "mrn"


def test_every_column_reaches_the_sink_where_nothing_is_selected() -> None:
    assert only(findings(pipeline(), judged_by(), POLICY)).column == "nick"


def test_a_denied_label_names_zone_rule_and_fix() -> None:
    found = only(findings(pipeline("email", "mrn", zone="partner"), judged_by(), POLICY))
    assert found.rule is FindingRule.ZONE_DENIES_LABEL
    assert (found.label, found.zone) == ("phi.mrn", "partner")
    assert "phi: deny" in found.message
    assert found.fix == "zones: {partner: {extends: partner, rules: {phi.mrn: drop}}}"


@pytest.mark.parametrize("name", ["partner", "mine"])
def test_the_fix_for_a_zone_that_the_project_extends_keeps_extending(name: str) -> None:
    base = shipped_zones()["partner"]
    zone = base.extended(name, (), where=Position("policy/z.yaml", 1), extends="partner")
    assert zone_line(zone, "phi: drop") == (
        f"zones: {{{name}: {{extends: partner, rules: {{phi: drop}}}}}}"
    )
    own = Zone(name, "", (), where=Position("policy/z.yaml", 1))
    assert zone_line(own, "phi: drop") == f"zones: {{{name}: {{rules: {{phi: drop}}}}}}"


def test_the_refusal_carries_every_finding_and_its_exit_code() -> None:
    with pytest.raises(PlanRefused) as caught:
        check(pipeline("nick", "mrn", zone="partner"), judged_by(), POLICY)
    assert {p.code for p in caught.value.problems} == {"unlabelled-column", "zone-denies-label"}
    assert caught.value.exit_code is ExitCode.REFUSED


def test_clashing_rules_name_both() -> None:
    class Two(BaseModel):
        both: Annotated[str, Labelled("pii.email", "pii.name")]

    found = only(findings(pipeline("both"), judged_by(Two), POLICY))
    assert found.rule is FindingRule.RULES_CLASH
    assert "pii.email: tokenize and pii.name: hash" in found.message


def test_two_labels_with_two_domains_are_ambiguous_until_the_column_says() -> None:
    class Two(BaseModel):
        both: Annotated[str, Labelled("pii.email", "pii.username")]

    class Said(BaseModel):
        both: Annotated[str, Labelled("pii.email", "pii.username", domain="email")]

    assert only(findings(pipeline("both"), judged_by(Two), POLICY)).rule.value == "ambiguous-domain"
    assert check(pipeline("both"), judged_by(Said), POLICY).sinks[0].columns[0].domain == "email"


def test_a_domain_that_does_not_exist_is_refused() -> None:
    class Odd(BaseModel):
        mail: Annotated[str, Labelled("pii.email", domain="mails")]

    found = only(findings(pipeline("mail"), judged_by(Odd), POLICY))
    assert found.rule is FindingRule.UNKNOWN_DOMAIN
    assert found.fix == "domains: {mails: {normaliser: exact}}"


def test_a_label_without_a_domain_needs_one_for_a_keyed_treatment() -> None:
    class Badge(BaseModel):
        badge: Annotated[str, Labelled("acme.badge")]

    taxonomy = Taxonomy.shipped().extend([LabelEntry("acme.badge", "Badge")])
    rule = make_rule("acme.badge", "hash", "", taxonomy)
    zone = POLICY.zone("analytics").extended("analytics", [rule])
    policy = Policy(taxonomy, {"analytics": zone})
    found = only(findings(pipeline("badge"), judged_by(Badge), policy))
    assert found.rule is FindingRule.MISSING_DOMAIN


def test_a_label_the_taxonomy_does_not_have_is_refused() -> None:
    class Typo(BaseModel):
        mail: Annotated[str, Labelled("pii.emial")]

    found = findings(pipeline("mail"), judged_by(Typo), with_rules(pii="allow"))
    assert FindingRule.UNKNOWN_LABEL in {finding.rule for finding in found}


def test_a_treatment_that_does_not_take_the_type_is_refused() -> None:
    class Fraction(BaseModel):
        mail: Annotated[float, Labelled("pii.email")]

    found = only(findings(pipeline("mail"), judged_by(Fraction), POLICY))
    assert found.rule is FindingRule.TREATMENT_TYPE
    assert "double" in found.message


def test_an_unknown_zone_names_the_nearest() -> None:
    found = only(findings(pipeline("mrn", zone="analytcs"), judged_by(), POLICY))
    assert (found.rule, found.fix) == (FindingRule.UNKNOWN_ZONE, "did you mean analytics?")
    assert found.where == Position("lockgate.yaml", 9, 7)


def test_a_selected_column_must_exist() -> None:
    found = only(findings(pipeline("mrn", "emial"), judged_by(), POLICY))
    assert (found.rule, found.column) == (FindingRule.UNKNOWN_COLUMN, "emial")


def test_two_columns_of_one_name_are_refused() -> None:
    found = findings(pipeline("mrn", ("email", "mrn")), judged_by(), POLICY)
    assert found[0].rule is FindingRule.DUPLICATE_OUTPUT


def test_an_index_column_may_not_overwrite_another() -> None:
    policy = with_rules(pii__email={"encrypt": {"index": True}})
    names = pipeline("email", ("ward", "email_index"))
    found = only(findings(names, judged_by(), policy))
    assert (found.rule, found.column) == (FindingRule.DUPLICATE_OUTPUT, "ward")
    assert check(pipeline("email", "ward"), judged_by(), policy)


def test_a_sink_that_would_get_nothing_is_refused() -> None:
    found = only(findings(pipeline("note"), judged_by(), POLICY))
    assert found.rule is FindingRule.NOTHING_RELEASED


def test_sinks_have_names_and_folders_of_their_own() -> None:
    one = pipeline("mrn")
    twin = replace(one.sinks[0], path="out/a/")
    same_name = replace(one, sinks=(one.sinks[0], replace(one.sinks[0], path="out/b")))
    same_path = replace(one, sinks=(one.sinks[0], replace(twin, name="other")))
    for changed, rule in (
        (same_name, FindingRule.DUPLICATE_SINK),
        (same_path, FindingRule.SHARED_PATH),
        (replace(one, sinks=()), FindingRule.NOTHING_RELEASED),
    ):
        assert rule in {finding.rule for finding in findings(changed, judged_by(), POLICY)}


def test_a_required_column_is_not_ignored() -> None:
    one = pipeline("email")
    ignoring = replace(one, sources=(replace(one.source, ignore=("mrn", "not_in_contract")),))
    found = only(findings(ignoring, judged_by(), POLICY))
    assert (found.rule, found.column) == (FindingRule.IGNORED_COLUMN, "mrn")


def test_a_selected_column_is_not_ignored() -> None:
    one = pipeline("mrn", "nick")
    ignoring = replace(one, sources=(replace(one.source, ignore=("nick",)),))
    found = only(findings(ignoring, judged_by(), POLICY))
    assert (found.rule, found.column) == (FindingRule.IGNORED_COLUMN, "nick")


def test_few_values_under_a_deterministic_treatment_warn_with_their_magnitude() -> None:
    found = only(findings(pipeline("sex"), judged_by(), with_rules(pii__gender="hash")))
    assert (found.rule, found.severity) == (FindingRule.FREQUENCY, Severity.WARNING)
    assert "some 10 different" in found.message
    plan = check(pipeline("sex"), judged_by(), with_rules(pii__gender="hash"))
    assert len(plan.warnings) == 1


@pytest.mark.parametrize("rule", ["drop", "redact", "encrypt", "allow"])
def test_other_treatments_do_not_warn(rule: str) -> None:
    found = findings(pipeline("mrn", "sex"), judged_by(), with_rules(pii__gender=rule))
    assert found == ()


def test_the_digest_changes_with_everything_that_decides() -> None:
    base = check(pipeline("mrn", "email"), judged_by(), POLICY)
    changes: list[Callable[[Pipeline], Pipeline]] = [
        lambda p: replace(p, name="weekly"),
        lambda p: replace(p, purpose="other"),
        lambda p: replace(p, sources=(replace(p.source, path="x.csv"),)),
        lambda p: replace(p, sources=(replace(p.source, ignore=("zzz",)),)),
        lambda p: replace(p, sources=(replace(p.source, delimiter=";"),)),
        lambda p: replace(p, sinks=(replace(p.sinks[0], path="out/b"),)),
        lambda p: replace(p, sinks=(replace(p.sinks[0], format=FileFormat.CSV),)),
        lambda p: replace(p, select=p.select[:1]),
        lambda p: replace(p, select=(p.select[0], Selection("email", "mail"))),
    ]
    digests = {
        check(change(pipeline("mrn", "email")), judged_by(), POLICY).digest for change in changes
    }
    assert len(digests | {base.digest}) == len(changes) + 1
    other = check(pipeline("mrn", "email"), judged_by(), with_rules(pii__phone="drop"))
    assert other.digest != base.digest
    again = check(pipeline("mrn", "email"), judged_by(), POLICY)
    assert again.digest == base.digest == plan_digest(base)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"source": "email"},
        {"column_id": "email"},
        {"arrow_type": pa.binary()},
        {"labels": LabelSet.of("pii.email")},
        {"influence": LabelSet.of("pii.email")},
        {"treatment": None},
        {"domain": "email"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_covers_all_that_is_planned_for_a_column(change: dict[str, object]) -> None:
    plan = check(pipeline("mrn"), judged_by(), POLICY)
    (sink,) = plan.sinks
    (column,) = sink.columns
    changed = replace(plan, sinks=(replace(sink, columns=(replace(column, **change),)),))
    assert plan_digest(changed) != plan.digest


def test_the_digest_covers_the_versions_it_was_proven_for() -> None:
    plan = check(pipeline("mrn"), judged_by(), POLICY)
    assert plan_digest(replace(plan, policy_digest="other")) != plan.digest
    (source,) = plan.sources
    for name in ("contract_id", "contract_digest", "name"):
        changed = replace(plan, sources=(replace(source, **{name: "other"}),))
        assert plan_digest(changed) != plan.digest


def test_explain_says_what_each_column_becomes() -> None:
    rows = {r.source: r for r in explain(check(pipeline("mrn", "note"), judged_by(), POLICY))}
    assert rows["mrn"].state == "pseudonym(phi.mrn; domain=patient-id)"
    assert (rows["note"].name, rows["note"].treatment, rows["note"].state) == ("", "drop", "")


def test_a_state_from_another_run_needs_a_rule_of_its_own() -> None:
    class Released(BaseModel):
        mail: Annotated[bytes, Labelled("pseudonym(pii.email; domain=email; key=1)")]

    assert (
        check(pipeline("mail"), judged_by(Released), POLICY).sinks[0].columns[0].treatment is None
    )
    found = only(findings(pipeline("mail", zone="partner"), judged_by(Released), POLICY))
    assert found.rule is FindingRule.ZONE_DENIES_LABEL
    assert (
        found.fix == 'zones: {partner: {extends: partner, rules: {"pseudonym(pii.email)": drop}}}'
    )


def test_types_of_the_plan_are_the_contracts() -> None:
    plan = check(pipeline("mrn"), judged_by(), POLICY)
    assert pa.types.is_string(plan.sinks[0].columns[0].arrow_type)
