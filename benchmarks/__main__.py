"""Print requests per second, p50 and p99 of each target, interleaved in one run, and write them as JSON."""

import argparse
import asyncio
import json
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import Result, measure
from benchmarks.targets import calls, free_port, gatepost, queries, scratch
from config.embedded.postgres import Cluster


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write every round into this file")
    return parser.parse_args()


async def run(facts: dict[str, Any], dsn: str, options: argparse.Namespace) -> dict[str, list[Result]]:
    """Measure the targets in turn, round after round, so that a slow minute of the machine hits them all."""
    rounds: dict[str, list[Result]] = {"tools/call": [], "bare psycopg": []}
    async with calls(facts, options.connections) as call_workers, queries(dsn, options.connections) as query_workers:
        await measure(call_workers, 1.0)
        await measure(query_workers, 1.0)
        for _ in range(options.rounds):
            rounds["tools/call"].append(await measure(call_workers, options.seconds))
            rounds["bare psycopg"].append(await measure(query_workers, options.seconds))
    return rounds


def report(rounds: dict[str, list[Result]], connections: int) -> None:
    """Print the medians of the rounds."""
    print(f"{connections} connections, medians of {len(rounds['tools/call'])} rounds")
    print(f"{'target':14} {'requests/s':>12} {'p50 ms':>8} {'p99 ms':>8}")
    for name, results in rounds.items():
        rate = median(result.rate for result in results)
        p50, p99 = median(result.p50 for result in results), median(result.p99 for result in results)
        print(f"{name:14} {rate:12,.0f} {p50:8.2f} {p99:8.2f}")
    ratios = [call.rate / query.rate for call, query in zip(rounds["tools/call"], rounds["bare psycopg"], strict=True)]
    print(f"ratio          {median(ratios):12.2f}   from {min(ratios):.2f} to {max(ratios):.2f}")


def main() -> None:
    """Start what is needed, measure, print."""
    options = arguments()
    with scratch() as folder, gatepost(folder, free_port()) as facts:
        dsn = Cluster(folder / "home").superuser_dsn("gatepost_demo")
        rounds = asyncio.run(run(facts, dsn, options))
    report(rounds, options.connections)
    if options.json:
        lines = {name: [vars(result) | {"rate": result.rate} for result in results] for name, results in rounds.items()}
        options.json.write_text(json.dumps(lines, indent=2))


if __name__ == "__main__":
    main()
