"""Functions of numbers: each argument's value reaches the result."""

from __future__ import annotations

NAMES = frozenset(
    """
    abs acos acosh add asin asinh atan atan2 atanh cbrt ceil ceiling cos cosh cot degrees divide
    even exp factorial fdiv floor fmod gamma gcd greatest greatest_common_divisor isfinite isinf
    isnan lcm least least_common_multiple lgamma ln log log10 log2 mod multiply nextafter pi pow
    power radians round round_even roundbankers sign signbit sin sinh sqrt subtract tan tanh
    trunc xor
    """.split()
)
