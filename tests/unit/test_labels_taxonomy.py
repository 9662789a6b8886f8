"""The shipped taxonomy and what a project may add to it."""

from __future__ import annotations

import re

import pytest

from lockgate.errors import LabelError
from lockgate.kernel.interface import Normaliser
from lockgate.labels.entry import LabelEntry
from lockgate.labels.label import LabelSet
from lockgate.labels.taxonomy import Taxonomy

TAXONOMY = Taxonomy.shipped()


def test_all_eighteen_hipaa_identifiers_have_a_label() -> None:
    missing = [letter for letter in "ABCDEFGHIJKLMNOPQR" if not TAXONOMY.identifiers(letter)]
    assert missing == []


def test_every_label_has_a_key_domain_with_one_normaliser() -> None:
    for entry in TAXONOMY.entries:
        domain = TAXONOMY.domain_of(entry.label)
        assert domain, entry.label
        assert domain in TAXONOMY.normalisers


def test_every_ancestor_of_a_label_is_a_label() -> None:
    for entry in TAXONOMY.entries:
        parent = entry.label.rpartition(".")[0]
        assert not parent or TAXONOMY.known(parent), entry.label


def test_an_unknown_label_names_the_nearest() -> None:
    with pytest.raises(LabelError) as caught:
        TAXONOMY.require(LabelSet.of("pii.emial"))
    assert caught.value.hint == "did you mean pii.email?"


def test_an_unknown_label_is_named_by_its_last_word() -> None:
    assert TAXONOMY.suggestion("personal.email") == "did you mean pii.email?"


def test_a_label_is_not_redefined() -> None:
    with pytest.raises(LabelError, match=r"pii\.email is defined already"):
        TAXONOMY.extend([LabelEntry("pii.email", "Mine")])


def test_a_domain_has_one_normaliser() -> None:
    with pytest.raises(LabelError, match="two normalisers"):
        TAXONOMY.extend([LabelEntry("acme.mail", "Mail", "email", Normaliser.EXACT)])


def test_an_added_label_inherits_its_ancestors_domain() -> None:
    more = TAXONOMY.extend([LabelEntry("pii.email.work", "Work e-mail")])
    assert more.domain_of("pii.email.work") == "email"
    assert not TAXONOMY.known("pii.email.work")


def test_public_is_known_and_unclassified_is_no_label() -> None:
    assert TAXONOMY.known("public")
    assert not TAXONOMY.known("unclassified")


@pytest.mark.parametrize("name", ["PII", "pii..email", "", "public", "unclassified", "pii.é"])
def test_a_malformed_label_is_refused(name: str) -> None:
    with pytest.raises(LabelError):
        TAXONOMY.extend([LabelEntry(name, "x")])


def test_a_secret_written_where_a_label_belongs_is_not_repeated() -> None:
    for written in ("Zq8kk2mPqWx7", "credential.Zq8kk2mPqWx7", "hunter2 prod"):
        with pytest.raises(LabelError) as refused:
            Taxonomy.shipped().entry(written)
        assert not {"Zq8kk2mPqWx7", "hunter2"} & set(re.split(r"[ .]", str(refused.value)))
        assert "unknown label (not shown" in str(refused.value)
    with pytest.raises(LabelError, match="unknown label acme.recipe"):
        Taxonomy.shipped().entry("acme.recipe")
