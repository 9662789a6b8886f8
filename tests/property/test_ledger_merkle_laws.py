"""Laws of Merkle trees: every proof verifies, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockgate.ledger import merkle

HASHES = [merkle.leaf_hash(bytes([number])) for number in range(64)]
ROOTS = [merkle.root_of(HASHES[:size]) for size in range(65)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def test_roots_are_those_of_the_definition_up_to_64() -> None:
    assert ROOTS[1:] == [by_definition(HASHES[:size]) for size in range(1, 65)]


def test_every_inclusion_proof_up_to_64_verifies_in_its_place_only() -> None:
    for size in range(1, 65):
        for index in range(size):
            proof = merkle.prove(HASHES[:size], merkle.inclusion_ranges(index, size))
            leaf = HASHES[index]
            assert merkle.verify_inclusion(leaf, index, size, proof, ROOTS[size])
            elsewhere = (index + 1) % 64
            assert not merkle.verify_inclusion(leaf, elsewhere, size, proof, ROOTS[size])
            wrong = HASHES[elsewhere]
            assert not merkle.verify_inclusion(wrong, index, size, proof, ROOTS[size])
            assert not merkle.verify_inclusion(leaf, index, size, [*proof, leaf], ROOTS[size])
            assert not proof or not merkle.verify_inclusion(
                leaf, index, size, proof[:-1], ROOTS[size]
            )


def test_consistency_between_every_pair_up_to_64_verifies_and_no_fork_does() -> None:
    for new in range(1, 65):
        for old in range(1, new + 1):
            proof = merkle.prove(HASHES[:new], merkle.consistency_ranges(old, new))
            assert merkle.verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            forked = merkle.node_hash(ROOTS[old], ROOTS[old])
            assert not merkle.verify_consistency(old, new, forked, ROOTS[new], proof)
            assert not merkle.verify_consistency(old, new, ROOTS[old], forked, proof)
            longer = [*proof, HASHES[0]]
            assert not merkle.verify_consistency(old, new, ROOTS[old], ROOTS[new], longer)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=200))
def test_adding_one_by_one_gives_the_root_of_all(leaves: list[bytes]) -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    frontier: tuple[bytes, ...] = ()
    for size, leaf in enumerate(hashes):
        frontier = merkle.extend(size, frontier, leaf)

    assert merkle.is_frontier(len(leaves), frontier)
    assert merkle.root(frontier) == by_definition(hashes)


@given(st.data())
def test_a_proof_with_one_bit_changed_does_not_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 64))
    index = data.draw(st.integers(0, size - 1))
    proof = list(merkle.prove(HASHES[:size], merkle.inclusion_ranges(index, size)))
    place = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(proof[place])
    changed[bit // 8] ^= 1 << (bit % 8)
    proof[place] = bytes(changed)

    assert not merkle.verify_inclusion(HASHES[index], index, size, proof, ROOTS[size])
