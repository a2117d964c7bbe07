"""Print requests per second, p50, p99 and processor time of each target, interleaved in one run; write them as JSON."""

import argparse
import json
import math
import os
import platform
import signal
import sys
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from benchmarks import calls, lists, rows, tokens
from benchmarks.load import Result

SUBJECTS = {"call": calls.run, "list": lists.run, "rows": rows.run, "token": tokens.run}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subject", choices=SUBJECTS, help="see benchmarks/README.md")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every round into this file")
    return parser.parse_args()


def report(subject: str, rounds: dict[str, list[Result]]) -> None:
    """Print the medians of the rounds, and how the first target compares with the others round by round."""
    title = f"{'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>8} {'extra MB':>8}"
    print(f"\n{subject}\n{'':32} {title}   first against it")
    first = next(iter(rounds.values()))
    for name, results in rounds.items():
        rate, cpu_ms = median(result.rate for result in results), median(result.cpu_ms for result in results)
        p50, p99 = median(result.p50 for result in results), median(result.p99 for result in results)
        extra_mb = median(result.extra_mb for result in results)
        ratios = [ours.rate / theirs.rate for ours, theirs in zip(first, results, strict=True)]
        spread = "" if results is first else f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{name:32} {rate:10,.0f} {p50:8.2f} {p99:8.2f} {cpu_ms:8.3f} {_known(extra_mb)}   {spread}")


def _known(number: float) -> str:
    return f"{'':8}" if math.isnan(number) else f"{number:8.1f}"


def main() -> None:
    """Start what is needed, measure, print."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    print(f"{options.connections} connections, medians of {options.rounds} rounds of {options.seconds:g} s at most,")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; CPU ms: of the server, its database apart")
    measured = uvloop.run(SUBJECTS[options.subject](options))
    for subject, rounds in measured.items():
        report(subject, rounds)
    if options.json:
        options.json.write_text(json.dumps(_plain(measured, options), indent=2))


def _plain(measured: dict[str, dict[str, list[Result]]], options: argparse.Namespace) -> dict[str, Any]:
    run = {"connections": options.connections, "cores": os.cpu_count(), "python": platform.python_version()}
    rounds = {
        subject: {name: [vars(result) | {"rate": result.rate} for result in results] for name, results in named.items()}
        for subject, named in measured.items()
    }
    return run | {"rounds": rounds}


if __name__ == "__main__":
    main()
