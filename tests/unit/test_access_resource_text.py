"""A resource in words: what commands take, they also say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.access.resource import (
    ACCESS,
    EVERY_KEY,
    LEDGER,
    PROJECT,
    Resource,
    ResourceKind,
    dataset,
    file,
    key_domain,
    label,
    pipeline,
    zone,
)
from lockgate.access.resource_text import parse_resource, written
from lockgate.errors import UsageError


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        (PROJECT, "project"),
        (LEDGER, "ledger"),
        (ACCESS, "access"),
        (EVERY_KEY, "key-domain:all"),
        (key_domain("person"), "key-domain:person"),
        (label("pii.email"), "label:pii.email"),
        (label("pii.email", "patients", "raw"), "label:pii.email,dataset=patients,zone=raw"),
        (pipeline("nightly.step"), "pipeline:nightly.step"),
        (zone("partner", "patients", ("pii", "phi")),
         "zone:partner,dataset=patients,label=pii,label=phi"),
        (dataset("patients"), "dataset:patients"),
        (file("out/a.csv", "patients"), "dataset:out/a.csv,dataset=patients"),
    ],
)  # fmt: skip
def test_a_resource_is_read_as_it_is_written(resource: Resource, text: str) -> None:
    assert written(resource) == text
    assert parse_resource(text) == resource


NAMES = st.text("abcxyz._-0:/@", min_size=1, max_size=8)


@given(
    st.sampled_from([k for k in ResourceKind if k not in (PROJECT.kind, LEDGER.kind, ACCESS.kind)]),
    NAMES, NAMES, NAMES, st.lists(NAMES, min_size=1, max_size=3),
)  # fmt: skip
def test_whatever_names_there_are_the_text_says_all(
    kind: ResourceKind, name: str, of: str, where: str, labels: list[str]
) -> None:
    resource = Resource(kind, name, of, tuple(labels), where)
    assert parse_resource(written(resource)) == resource


@pytest.mark.parametrize(
    "text", ["", "label", "label:", "thing:x", "label:a,b", "label:a,dataset="]
)
def test_what_names_no_resource_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_resource(text)
