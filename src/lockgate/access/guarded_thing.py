"""What a decorated function does its action to, as the decorator's words name it."""

from __future__ import annotations

from lockgate.access.action import Action
from lockgate.access.applies import APPLIES
from lockgate.access.resource import ACCESS, LEDGER, PROJECT, Resource, ResourceKind
from lockgate.access.resource import dataset as dataset_resource
from lockgate.access.resource import label as label_resource
from lockgate.access.resource import zone as zone_resource
from lockgate.access.resource_text import resource_from_text
from lockgate.errors import UsageError
from lockgate.labels.label import Label

_ALONE = {one.kind: one for one in (LEDGER, ACCESS, PROJECT)}


def guarded_thing(action: Action, label: str, dataset: str, zone: str, text: str) -> Resource:
    """The most particular thing that is named and that the action is done to.

    ``text`` as the command line writes it. Raises UsageError if there is none, LabelError for what
    is no label.
    """
    labels = (Label(label).name,) if label else ()
    if text:
        return resource_from_text(text, action, dataset=dataset, zone=zone, labels=labels)
    kinds = APPLIES[action]
    if label and ResourceKind.LABEL in kinds:
        return label_resource(label, dataset, zone)
    if dataset and ResourceKind.DATASET in kinds:
        return dataset_resource(dataset, zone, labels)
    if zone and ResourceKind.ZONE in kinds:
        return zone_resource(zone, dataset, labels)
    if not (label or dataset or zone):
        for kind, alone in _ALONE.items():
            if kind in kinds:
                return alone
    told = ", ".join(sorted(f"{kind.value}:NAME" for kind in kinds - _ALONE.keys()))
    raise UsageError(
        f"{action.value} is done to a thing that the decorator has to name",
        hint=f"label=, dataset= or zone= where it fits, or resource= one of {told}",
    )
