"""What an action is done to: a kind, a name, and the dataset, labels and zone it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ResourceKind(StrEnum):
    """The kinds of things that access policies speak of."""

    PROJECT = "project"
    PIPELINE = "pipeline"
    DATASET = "dataset"
    LABEL = "label"
    ZONE = "zone"
    KEY_DOMAIN = "key-domain"
    SECRET = "secret"  # noqa: S105 - a word for it
    LEDGER = "ledger"
    ACCESS = "access"
    """Users, service accounts, grants, approvals and break-glass of the project."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing, by names only: nothing here is a value of the data.

    ``dataset`` is a contract's name, ``zone`` a zone's, ``labels`` are label texts; what does not
    apply is empty. ``detail`` says what exactly is done to it: an approval is bound to it, access
    policies do not see it. ``str`` is how it stands in the ledger.
    """

    kind: ResourceKind
    name: str
    dataset: str = ""
    labels: tuple[str, ...] = ()
    zone: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return self.name


def label(name: str, dataset: str = "", zone: str = "") -> Resource:
    """A label, of a dataset and in a zone where that is known."""
    return Resource(ResourceKind.LABEL, name, dataset, (name,), zone)


def pipeline(name: str, dataset: str = "", labels: tuple[str, ...] = ()) -> Resource:
    """A pipeline, or ``PIPELINE.STEP``; its dataset if it reads one, its labels."""
    return Resource(ResourceKind.PIPELINE, name, dataset, labels)


def zone(name: str, dataset: str = "", labels: tuple[str, ...] = ()) -> Resource:
    """A zone that rows of a dataset, with these labels, go to."""
    return Resource(ResourceKind.ZONE, name, dataset, labels, name)


def dataset(name: str, zone: str = "", labels: tuple[str, ...] = ()) -> Resource:
    """A dataset: a contract's name; the zone it goes to or lies in."""
    return Resource(ResourceKind.DATASET, name, name, labels, zone)


def file(shown: str, dataset: str = "", zone: str = "") -> Resource:
    """A file that holds rows of a dataset, where that is known, by its path below the project."""
    return Resource(ResourceKind.DATASET, shown, dataset, (), zone)


def key_domain(name: str, detail: str = "") -> Resource:
    """A key domain, or ``all`` of them; what exactly is done to it, where that ends something."""
    return Resource(ResourceKind.KEY_DOMAIN, name, detail=detail)


def secret(reference: str) -> Resource:
    """A secret, by its reference, which is not secret."""
    return Resource(ResourceKind.SECRET, reference)


EVERY_KEY = key_domain("all")
EVERY_PIPELINE = pipeline("all")
EVERY_SECRET = secret("all")
PROJECT = Resource(ResourceKind.PROJECT, "project")
LEDGER = Resource(ResourceKind.LEDGER, "ledger")
ACCESS = Resource(ResourceKind.ACCESS, "access")
