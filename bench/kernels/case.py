"""One job: what Lockgate's kernels do, how their output is checked, and the limit's same job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from bench.limit import Input, Limit, NoLimit, Output
from lockgate.kernel.interface import Kernel

Run = Callable[[], object]


@dataclass(frozen=True)
class LimitCall:
    """A function of the C limit, its input, and the very output that it has to give."""

    function: str
    values: Input
    arguments: tuple[bytes | int, ...]
    expected: pa.Array

    def bound(self, limit: Limit) -> Callable[[], Output]:
        """The call, once its output was seen to be right. Raises NoLimit if it is not."""

        def run() -> Output:
            return limit.call(self.function, self.values, *self.arguments)

        if not run().array(self.expected.type).equals(self.expected):
            raise NoLimit("its output is not ours")
        return run


@dataclass(frozen=True)
class Case:
    """``ours`` is one call; ``wrong`` says what is wrong with its output, "" if nothing.

    ``limit`` takes an output of the portable kernel, for what differs from call to call (nonces).
    """

    name: str
    what: str
    values: pa.Array
    ours: Callable[[Kernel], pa.Array]
    wrong: Callable[[pa.Array], str]
    limit: Callable[[pa.Array], LimitCall] | None = None


class WrongOutput(Exception):
    """A contender did not do the job: nothing of it is timed."""


def same_as(expected: pa.Array) -> Callable[[pa.Array], str]:
    """The check that an output is this array."""

    def wrong(output: pa.Array) -> str:
        if output.type != expected.type or len(output) != len(expected):
            return f"{len(output)} values of {output.type}, not {len(expected)} of {expected.type}"
        return "" if output.equals(expected) else "not the portable kernel's bytes"

    return wrong
