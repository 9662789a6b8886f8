"""What was measured, as one flat mapping: the file that everything else is drawn from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.contest import Timing

Figures = dict[str, Any]
OURS = ("native", "portable")
LIMITS = ("limit", "limit_aesni")
JUDGE = {
    "lockgate": "judge.rows_per_s",
    "lockgate_one_thread": "judge.rows_per_s_one_thread",
    "lockgate_strings": "judge.strings.rows_per_s",
    "lockgate_strings_one_thread": "judge.strings.rows_per_s_one_thread",
}

FOR_SUBJECTS = {
    "encrypt_subjects_11": "kernel.encrypt_subjects.ratio",
    "encrypt_few_subjects_11": "kernel.encrypt_subjects.few_ratio",
    "encrypt_million_subjects_11": "kernel.encrypt_subjects.million_ratio",
}
"""Encrypting under subjects' keys, in times of what it takes under the column's."""
UNDER_ONE_KEY = "encrypt_11"

PROMISED = {
    "kernels": [
        f"kernel.{case}.ns"
        for case in (
            "tokenize_text_22",
            "tokenize_binary_22",
            "encrypt_11",
            "encrypt_text_11",
            "hash_22",
            "hmac_22",
            "mask_12",
            "ff1_16",
            "ff1_9",
            "reveal_token_22",
            "reveal_cipher_11",
            "canonical_email_22",
        )
    ]
    + [*FOR_SUBJECTS.values()],
    "judge": [*JUDGE.values(), "judge.ratio_to_pydantic", "judge.agreement"],
    "end_to_end": [
        f"end_to_end.{task}.ratio"
        for task in ("csv_parquet", "csv_parquet_single", "csv_csv", "parquet_parquet", "portable")
    ],
    "memory": ["memory.ratio_8m_to_1m", "memory.peak_mb", "memory.csv_csv_mb"],
    "startup": ["startup.help_ms"],
    "proving": ["proving.check_ms"],
    "rewrap": [
        f"rewrap.{kind}.{figure}"
        for kind in ("csv", "jsonl", "parquet")
        for figure in ("rows_per_s", "ratio")
    ],
    "access": [
        "access.decide_us",
        "access.decision_us",
        "access.recorded_ms",
        "access.fsync_ms",
    ],
}
"""Figures that others read: a name is never lost without notice."""


def missing(figures: Figures, parts: Iterable[str]) -> list[str]:
    """Promised figures that are not there."""
    return [key for part in parts for key in PROMISED[part] if key not in figures]


def kernel_figures(timings: Mapping[str, Mapping[str, Timing]]) -> Iterator[tuple[str, float]]:
    """Of each case: ours, the limit's, how many times the limit ours takes, and the peers'."""
    for case, found in timings.items():
        ours = _ours(found)
        if ours is not None:
            yield f"kernel.{case}.ns", round(ours.ns, 2)
            yield f"kernel.{case}.spread", round(ours.spread, 3)
            if "limit" in found:
                limit = found["limit"]
                yield f"kernel.{case}.ratio_to_limit", round(ours.ns / limit.ns, 2)
                yield f"kernel.{case}.ratio_to_limit_cpu", round(ours.cpu / limit.cpu, 2)
        for name, timing in found.items():
            if name in OURS or name in LIMITS:
                yield f"kernel.{case}.{name}_ns", round(timing.ns, 2)
                yield f"kernel.{case}.{name}_best_ns", round(timing.best, 2)
                yield f"kernel.{case}.{name}_cpu_ns", round(timing.cpu, 2)
            else:
                yield f"peer.{name}.{case}.ns", round(timing.ns, 2)
                yield f"peer.{name}.{case}.cpu_ns", round(timing.cpu, 2)
    yield from _subject_figures(timings)


def _subject_figures(
    timings: Mapping[str, Mapping[str, Timing]],
) -> Iterator[tuple[str, float]]:
    """How many times encrypting takes under subjects' keys, of the quickest rounds too."""
    plain = _ours(timings.get(UNDER_ONE_KEY, {}))
    for case, name in FOR_SUBJECTS.items():
        ours = _ours(timings.get(case, {}))
        if plain is not None and ours is not None:
            yield name, round(ours.ns / plain.ns, 2)
            yield f"{name}_best", round(ours.best / plain.best, 2)


def _ours(found: Mapping[str, Timing]) -> Timing | None:
    return next((found[name] for name in OURS if name in found), None)


def judge_figures(
    timings: Mapping[str, Timing], differ: Mapping[str, int], compared: int
) -> Iterator[tuple[str, float]]:
    """Rows a second, and agreement as a share of the compared rows."""
    for name, timing in timings.items():
        rate = round(1e9 / timing.ns)
        yield JUDGE.get(name, f"peer.{name}.judge.rows_per_s"), rate
        cpu = JUDGE.get(name, f"peer.{name}.judge.rows_per_s").replace("rows_per_s", "cpu_ns")
        yield cpu, round(timing.cpu, 1)
        if name not in JUDGE:
            yield f"peer.{name}.judge.rows_differ", differ[name]
    yield "judge.ratio_to_pydantic", round(timings["pydantic"].ns / timings["lockgate"].ns, 1)
    yield "judge.spread", round(timings["lockgate"].spread, 3)
    yield "judge.rows_compared", compared
    yield "judge.rows_differ", differ["lockgate"]
    yield "judge.agreement", round(1 - differ["lockgate"] / compared, 6)


def unsteady(timings: Mapping[str, Timing], most: float) -> list[str]:
    """Who varied from round to round by more than this share."""
    return [name for name, timing in timings.items() if timing.spread > most]


def save(figures: Figures, path: Path) -> None:
    """Write, in the order of names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Figures:
    """What `save` wrote."""
    figures: Figures = json.loads(path.read_text(encoding="utf-8"))
    return figures


def case_names(figures: Figures) -> list[str]:
    """The kernel cases there are, in the order they were measured."""
    return [name for name in figures.get("cases", []) if f"kernel.{name}.ns" in figures]


def peers_of(figures: Figures, case: str) -> dict[str, float]:
    """Nanoseconds a value by peer, the quickest first."""
    found = {
        key.split(".")[1]: value
        for key, value in figures.items()
        if key.startswith("peer.") and key.endswith(f".{case}.ns")
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def judges(figures: Figures) -> dict[str, tuple[float, int | None]]:
    """Rows a second and differing rows by contender, the quickest first."""
    found: dict[str, tuple[float, int | None]] = {}
    for key, value in figures.items():
        if key.startswith("peer.") and key.endswith(".judge.rows_per_s"):
            peer = key.split(".")[1]
            found[peer] = (value, figures.get(f"peer.{peer}.judge.rows_differ"))
    if "judge.rows_per_s" in figures:
        found["lockgate"] = (figures["judge.rows_per_s"], figures["judge.rows_differ"])
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))
