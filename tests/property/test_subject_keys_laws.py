"""Any sequence of releases and shreddings leaves exactly the shredded values unreadable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keys_at_hand import any_key
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.kernel.portable import PortableKernel
from lockgate.keys.keyring import Keyring
from lockgate.keys.ports import Domain
from lockgate.protect.encrypt import SUBJECT, Encrypt
from lockgate.protect.reveal import open_frames
from lockgate.protect.ties import Ties
from lockgate.protect.treatment import Form, Place
from lockgate.run.state_ports import SUBJECT_BYTES
from lockgate.run.subject_salts import SubjectSalts
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.memory_state import MemoryStateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
DOMAIN = "person-id"
PLACE = Place("people", "ssn")
PEOPLE = st.sampled_from(["ann", " ANN", "bob", "eve", None])
RELEASE = st.lists(PEOPLE, max_size=5).map(tuple)
SHRED = st.sampled_from(["ann", "Ann", "bob", "nobody"])
STEPS = st.lists(st.one_of(RELEASE, SHRED), max_size=8)


@dataclass
class World:
    """A keyring, a store of salts, and what was released and destroyed so far."""

    kernel: Kernel = field(default_factory=PortableKernel)
    state: MemoryStateStore = field(default_factory=MemoryStateStore)
    released: list[tuple[pa.Array, list[str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        service = MemoryKeyService()
        self.ring = Keyring(self.state.keys, service, lambda: NOON, project="clinic")
        self.ring.create_domain(Domain(DOMAIN, Normaliser.TEXT))
        self.ring.create_domain(Domain("ssn", Normaliser.EXACT))
        self.salts = SubjectSalts(
            self.state.salts, self.kernel, any_key(self.ring), lambda: NOON
        ).prepare([DOMAIN])

    def release(self, people: tuple[str | None, ...]) -> None:
        treatment = Encrypt(shred=SUBJECT)
        values = pa.array([None if p is None else f"of {p}" for p in people], pa.string())
        subjects = self.salts.to_protect(pa.array(people, pa.string()), DOMAIN)
        keys = treatment.derive_keys(self.ring, "ssn", PLACE)
        (frames,) = treatment.apply_tied(
            values, self.kernel, keys, PLACE, Form.BINARY, Ties(subjects)
        )
        self.released.append((frames, values.to_pylist()))

    def shred(self, name: str) -> None:
        index = self.salts.indices(pa.array([name]), DOMAIN).cast(pa.binary(SUBJECT_BYTES))
        self.state.salts.destroy(self.state.salts.of_subjects(index).handles, NOON)
        for _, values in self.released:
            for row, value in enumerate(values):
                if value is not None and value[3:].strip().lower() == name.lower():
                    values[row] = None

    def opened(self, frames: pa.Array) -> list[str | None]:
        ring = self.ring
        found = open_frames(frames, self.kernel, ring, ring.domain_of, PLACE, self.salts.found)
        return [None if value is None else value.decode() for value in found.to_pylist()]


@settings(max_examples=60)
@given(STEPS)
def test_exactly_the_values_of_shredded_people_are_gone(
    steps: list[tuple[str | None, ...] | str],
) -> None:
    world = World()
    for step in steps:
        if isinstance(step, str):
            world.shred(step)
        else:
            world.release(step)
    for frames, values in world.released:
        assert world.opened(frames) == values


@given(RELEASE)
def test_one_person_has_one_handle_however_it_is_spelt(people: tuple[str | None, ...]) -> None:
    world = World()
    world.release(people)
    (frames, _) = world.released[0]
    handles = world.kernel.frame_subjects(frames).to_pylist()
    names = [None if p is None else p.strip().lower() for p in people]
    assert len(set(zip(names, handles, strict=True))) == len(set(names)) == len(set(handles))
