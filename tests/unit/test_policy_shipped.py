"""What the shipped zones promise, and that the reference tables tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.labels.label import Label, LabelSet, State, StateKind
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.choose import Choice, choose
from lockgate.policy.policy import Policy
from lockgate.policy.zone import rule_text

DOCS = Path(__file__).parents[2] / "docs/reference"
TAXONOMY = Taxonomy.shipped()
POLICY = Policy.shipped()
NAMES = [entry.label for entry in TAXONOMY.entries]


def outcome(label: str, zone: str) -> str:
    found = choose(LabelSet.of(label), LabelSet(), POLICY.zone(zone))
    if isinstance(found, Choice):
        return "allow" if found.treatment is None else rule_text(found.treatment)
    return "refused"


def policy_table() -> str:
    zones = list(POLICY.zones)
    lines = [f"| label | {' | '.join(zones)} |", "| --- " * (len(zones) + 1) + "|"]
    lines += [
        f"| `{name}` | {' | '.join(outcome(name, zone) for zone in zones)} |"
        for name in [*NAMES, "public", "unclassified"]
    ]
    return "\n".join(lines)


def label_table() -> str:
    lines = ["| label | meaning | key domain | normaliser | 164.514 |", "| --- " * 5 + "|"]
    for entry in TAXONOMY.entries:
        domain = TAXONOMY.domain_of(entry.label)
        normaliser = TAXONOMY.normalisers[domain].value
        lines.append(
            f"| `{entry.label}` | {entry.description} | {domain} | {normaliser} | {entry.hipaa} |"
        )
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("file", "table"), [("policy.md", policy_table()), ("labels.md", label_table())]
)
def test_the_reference_shows_what_is_shipped(file: str, table: str) -> None:
    assert table in (DOCS / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_research_has_no_safe_harbor_identifier_clear_or_reversible(name: str) -> None:
    if TAXONOMY.entry(name).hipaa:
        word = outcome(name, "research").split(" ")[0]
        assert word in ("drop", "generalize", "hash")


def test_research_hashes_only_what_says_whose_row_it_is() -> None:
    assert [n for n in NAMES if outcome(n, "research").startswith("hash")] == ["pii.id", "phi.mrn"]


@pytest.mark.parametrize("name", NAMES)
def test_dev_shows_nothing_real(name: str) -> None:
    assert outcome(name, "dev") in ("drop", "redact", "mask")


@pytest.mark.parametrize("zone", list(POLICY.zones))
def test_a_credential_reaches_no_zone_in_any_form(zone: str) -> None:
    for name in (n for n in NAMES if n.startswith("credential")):
        assert outcome(name, zone) in ("drop", "refused")
        for kind in StateKind:
            labels = LabelSet(frozenset({State(kind, Label(name))}))
            found = choose(labels, LabelSet(), POLICY.zone(zone))
            dropped = isinstance(found, Choice) and found.treatment is not None
            assert dropped or not isinstance(found, Choice) or kind is StateKind.REDACTED


@pytest.mark.parametrize("name", NAMES)
def test_analytics_leaves_clear_only_what_is_analysed(name: str) -> None:
    clear = {"pii.gender", "phi.diagnosis", "phi.medication", "phi.procedure", "phi.allergy",
             "phi.lab_result", "financial.amount"}  # fmt: skip
    assert (outcome(name, "analytics") == "allow") == (name in clear)


def test_partner_gets_nothing_that_a_key_turns_back() -> None:
    for name in NAMES:
        assert outcome(name, "partner").split(" ")[0] not in ("tokenize", "encrypt")
    for kind in (StateKind.ENCRYPTED, StateKind.PSEUDONYM):
        labels = LabelSet(frozenset({State(kind, Label("pii.email"))}))
        assert not isinstance(choose(labels, LabelSet(), POLICY.zone("partner")), Choice)


def test_the_card_code_is_kept_nowhere() -> None:
    assert {outcome("pci.cvv", zone) for zone in POLICY.zones} == {"drop", "refused"}


def test_every_rule_that_is_not_obvious_has_a_reason() -> None:
    for zone in POLICY.zones.values():
        assert zone.description
        for line in zone.rules:
            assert line.reason or str(line.pattern) == "public", (zone.name, line.text)
