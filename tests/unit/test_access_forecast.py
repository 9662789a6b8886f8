"""Questions whose answers are not decided yet: yes, no, or what it depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.decision import AccessRequest
from lockgate.access.forecast import DATASET, LABELS, ZONE, Answer, OpenQuestion
from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.resource import LEDGER, Resource, ResourceKind
from lockgate.access.resource_text import action_from_text, resource_from_text
from lockgate.access.roles import SHIPPED
from lockgate.adapters.access_policies.foresee import Foreseer, foresee
from lockgate.errors import UsageError
from tests.access_questions import AT, LABEL, authoriser

OWN = """
@id("names") permit (principal in Role::"data_analyst", action == Action::"reveal",
  resource in Label::"pii.name")
when { ["support", "fraud"].contains(context.purpose.word) && context.time.hour >= 7 };
@id("ssn") forbid (principal, action == Action::"reveal", resource == Label::"pii.ssn")
unless { context.approval || context.strength.methods.contains("hwk") };
@id("health") forbid (principal, action == Action::"publish", resource == Zone::"partner")
when { context.labels.contains("phi") };
@id("home") forbid (principal, action, resource) when { context.dataset == "secret" };
@id("strangers") forbid (principal, action, resource)
when { principal.issuer == "https://old.example" || context.zone == "closed" };
"""
ENGINE = authoriser(OWN)
ROLES = tuple(spec.name for spec in SHIPPED)
datasets = st.sampled_from(["", "patients", "secret"])
zones = st.sampled_from(["partner", "closed", "raw"])
label_names = st.sampled_from(["pii.ssn", "pii.name.first", "pii.name", "phi.note", "public"])


@st.composite
def told(draw: st.DrawFn) -> AccessRequest:
    action = draw(st.sampled_from([Action.REVEAL, Action.PUBLISH, Action.RUN, Action.BREAK_GLASS]))
    kind = draw(st.sampled_from(sorted(APPLIES[action])))
    name = draw(label_names if kind is ResourceKind.LABEL else zones)
    labels = (name,) if kind is ResourceKind.LABEL else tuple(draw(st.lists(label_names)))
    zone = name if kind is ResourceKind.ZONE else draw(zones)
    at = AT.replace(hour=draw(st.sampled_from([3, 9])))
    principal = Principal(
        "user:anna",
        Assurance.TOKEN,
        kind=PrincipalKind.PERSON,
        issuer=draw(st.sampled_from(["https://old.example", "https://new.example"])),
        methods=draw(st.sampled_from([(), ("pwd",), ("hwk",)])),
        authenticated_at=draw(st.sampled_from([None, at, at - timedelta(hours=2)])),
    )
    return AccessRequest(
        principal,
        action,
        Resource(kind, name, draw(datasets), labels, zone),
        draw(st.sampled_from(["support", "fraud: 7", "marketing"])),
        at,
        tuple(draw(st.lists(st.sampled_from(ROLES), max_size=3))),
        approval=draw(st.sampled_from(["", "7"])),
    )


def opened(draw: st.DataObject, request: AccessRequest) -> OpenQuestion:
    """The same question before some of it was said."""
    hidden = draw.draw(st.sets(st.sampled_from([DATASET, ZONE, LABELS])))
    resource = request.resource
    return OpenQuestion(
        request.roles,
        request.action,
        replace(
            resource,
            dataset="" if DATASET in hidden else resource.dataset,
            zone="" if ZONE in hidden else resource.zone,
            labels=() if LABELS in hidden else resource.labels,
        ),
        draw.draw(st.sampled_from([None, request.principal])),
        draw.draw(st.sampled_from([None, request.purpose])),
        draw.draw(st.sampled_from([None, request.at])),
        frozenset(hidden),
    )


@given(told(), st.data())
@settings(max_examples=150)
def test_a_forecast_is_never_wrong_about_what_is_said_later(request, draw) -> None:
    """Yes and no hold whatever comes; only ``depends`` may become either."""
    forecast = foresee(ENGINE, opened(draw, request))
    decision = ENGINE.decide(request)
    if forecast.answer is Answer.YES:
        assert decision.allowed
    if forecast.answer is Answer.NO:
        assert not decision.allowed
    assert bool(forecast.needs) == (forecast.answer is Answer.DEPENDS)


@given(st.lists(st.tuples(told(), st.data()), min_size=1, max_size=6))
@settings(max_examples=30)
def test_what_is_remembered_is_what_would_be_asked(several) -> None:
    foreseer = Foreseer(ENGINE)
    for request, draw in several:
        question = opened(draw, request)
        assert foreseer.foresee(question) == foresee(ENGINE, question)


@pytest.mark.parametrize(
    "policy",
    [
        'when { context.zone like "part*" }',
        "when { context.zone == context.dataset }",
    ],
)
def test_names_that_a_policy_could_tell_apart_are_asked_one_by_one(policy: str) -> None:
    foreseer = Foreseer(authoriser(f"forbid (principal, action, resource) {policy};"))
    answers = {
        name: foreseer.foresee(
            OpenQuestion(
                ("data_engineer",),
                Action.PUBLISH,
                Resource(ResourceKind.ZONE, name, "partner", ("pii",), name),
            )
        ).answer
        for name in ("raw", "partner")
    }
    assert answers == {"raw": Answer.YES, "partner": Answer.NO}


def test_needs_are_named() -> None:
    question = OpenQuestion(("data_analyst",), Action.REVEAL, replace(LABEL, name="pii.name"),
                            unsaid=frozenset({ZONE}))  # fmt: skip
    forecast = foresee(ENGINE, question)
    assert forecast.answer is Answer.DEPENDS
    assert {"purpose", "time", "zone"} <= set(forecast.needs)
    assert "names" in forecast.policies


def test_a_name_that_cannot_be_asked_about_depends() -> None:
    for name in ("a\nb", "\ud800", "a\u202eb"):
        odd = foresee(ENGINE, OpenQuestion(("owner",), Action.RUN,
                                           Resource(ResourceKind.PIPELINE, name)))  # fmt: skip
        assert odd.answer is Answer.DEPENDS
    for name in ('a"b', "a\\b", 'x" || true //', 'a"::Role::"owner'):
        quoted = OpenQuestion(("data_engineer",), Action.RUN, Resource(ResourceKind.PIPELINE, name))
        assert foresee(authoriser(), quoted).answer is Answer.YES
        assert foresee(authoriser(), replace(quoted, roles=("auditor",))).answer is Answer.NO


TEXTS = [
    ("reveal", "pii.ssn", ResourceKind.LABEL, "pii.ssn"),
    ("reveal", "label:pii.ssn", ResourceKind.LABEL, "pii.ssn"),
    ("publish", "analytics", ResourceKind.ZONE, "analytics"),
    ("run", "pipeline:nightly", ResourceKind.PIPELINE, "nightly"),
    ("use-secret", "secret:secret://env/NAME", ResourceKind.SECRET, "secret://env/NAME"),
    ("use-secret", "secret://env/NAME", ResourceKind.SECRET, "secret://env/NAME"),
    ("read-ledger", "ledger", ResourceKind.LEDGER, "ledger"),
    ("approve", "key-domain:email", ResourceKind.KEY_DOMAIN, "email"),
]


@pytest.mark.parametrize(("action", "text", "kind", "name"), TEXTS)
def test_a_resource_is_read_as_people_write_it(action, text, kind, name) -> None:
    found = resource_from_text(text, action_from_text(action))
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("action", "text"),
    [("revel", "pii"), ("reveal", "zone:raw"), ("approve", "pii.ssn"), ("run", "pipeline:"),
     ("check", "dataset")],
)  # fmt: skip
def test_a_resource_that_is_none_is_refused(action: str, text: str) -> None:
    with pytest.raises(UsageError):
        resource_from_text(text, action_from_text(action))


def test_the_ledger_has_no_parts() -> None:
    assert resource_from_text("ledger", Action.READ_LEDGER, dataset="x") == LEDGER
