"""Merkle trees of RFC 6962 section 2.1 over SHA-256: pure, no state but what is passed in.

A tree is its leaf hashes in order. A *frontier* is what is needed to add to it:
the roots of its perfect subtrees, widest first, one for each bit set in its
size. Proofs are lists of subtree roots; ``inclusion_ranges`` and
``consistency_ranges`` say which subtrees, so that a prover can stream leaves.
Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Range = tuple[int, int]
"""Leaves from the first index up to, not including, the second."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf): the prefix keeps a leaf from passing for a node."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def extend(size: int, frontier: Sequence[bytes], leaf: bytes) -> tuple[bytes, ...]:
    """The frontier of ``size + 1`` leaves, given that of ``size`` and the next leaf hash."""
    grown = list(frontier)
    node = leaf
    while size & 1:
        node = node_hash(grown.pop(), node)
        size >>= 1
    grown.append(node)
    return tuple(grown)


def root(frontier: Sequence[bytes]) -> bytes:
    """The tree's root hash; of an empty tree SHA-256 of nothing."""
    if not frontier:
        return EMPTY_ROOT
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def is_frontier(size: int, frontier: Sequence[bytes]) -> bool:
    """Whether ``frontier`` has the shape that ``size`` leaves give it."""
    return len(frontier) == size.bit_count() and all(len(node) == HASH_BYTES for node in frontier)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory logarithmic in their number."""
    frontier: tuple[bytes, ...] = ()
    for size, leaf in enumerate(leaves):
        frontier = extend(size, frontier, leaf)
    return root(frontier)


def _split(size: int) -> int:
    """The largest power of two below ``size`` (which is at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """Subtrees whose roots prove leaf ``index`` in a tree of ``size``, leaf to root.

    PATH(m, D[n]) of RFC 6962 section 2.1.1. Raises ValueError if there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    start, end = 0, size
    ranges: list[Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, new: int) -> tuple[Range, ...]:
    """Subtrees whose roots prove that a tree of ``new`` leaves begins with one of ``old``.

    PROOF(m, D[n]) of RFC 6962 section 2.1.2. Raises ValueError unless 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError("no such trees")
    start, end = 0, new
    whole = True
    ranges: list[Range] = []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
            whole = False
    if not whole:
        ranges.append((start, end))
    return tuple(reversed(ranges))


def prove(leaves: Sequence[bytes], ranges: Iterable[Range]) -> tuple[bytes, ...]:
    """The roots of ``ranges`` over leaf hashes held in memory."""
    return tuple(root_of(leaves[start:end]) for start, end in ranges)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether ``proof`` shows leaf hash ``leaf`` at ``index`` under ``root_hash``."""
    if not 0 <= index < size:
        return False
    node, position, last = leaf, index, size - 1
    for other in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(other, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, other)
        position >>= 1
        last >>= 1
    return last == 0 and compare_digest(node, root_hash)


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows that the tree of ``new`` leaves begins with that of ``old``."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and compare_digest(old_root, new_root)
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_node = new_node = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_node = node_hash(other, old_node)
            new_node = node_hash(other, new_node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, other)
        position >>= 1
        last >>= 1
    return last == 0 and compare_digest(old_node, old_root) and compare_digest(new_node, new_root)
