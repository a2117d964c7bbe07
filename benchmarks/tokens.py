"""The token endpoint, beside those of other authorization servers: client_credentials, code with PKCE, refresh.

Codes are made before each timed part, by each server's own code. Refresh tokens come from redeeming codes.
"""

import json
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

from benchmarks.gatepost import gatepost, scratch
from benchmarks.load import Exhausted, HttpConnection, Result, Worker, measure
from benchmarks.peers import django_oauth_toolkit, oidc_provider, ours
from benchmarks.peers.peer import Peer
from config.embedded.postgres import Cluster

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MOST_CODES = 1000  # in a round; a fast server is done before the time is over

Rounds = dict[str, list[Result]]
Bodies = Iterator[bytes]
Workload = Callable[[Peer, list[HttpConnection], Bodies, float], Awaitable[Result]]


async def run(options: Namespace) -> dict[str, Rounds]:
    """Measure each workload on each server in turn, in the other order every second round."""
    with scratch() as folder, ExitStack() as stack:
        facts = stack.enter_context(gatepost(folder))
        cluster = Cluster(folder / "home")
        peers = [ours.peer(facts, folder), stack.enter_context(django_oauth_toolkit.running(cluster, folder))]
        peers += stack.enter_context(oidc_provider.running(cluster, folder))
        print("\n".join(f"{peer.name}: {peer.version}" for peer in peers))
        measured: dict[str, Rounds] = {name: {peer.name: [] for peer in peers} for name in WORKLOADS}
        for number in range(options.rounds + 1):  # the first warms everything up
            for name, (workload, number_of_codes) in WORKLOADS.items():
                for peer in peers[:: -1 if number % 2 else 1]:
                    bodies = _bodies(peer, number_of_codes(options.connections))
                    result = await _on_connections(workload, peer, bodies, options)
                    if number:
                        measured[name][peer.name].append(result)
    return measured


async def _on_connections(workload: Workload, peer: Peer, bodies: Bodies, options: Namespace) -> Result:
    connections = [HttpConnection(peer.url, FORM) for _ in range(options.connections)]
    for connection in connections:
        await connection.open()
    try:
        return await workload(peer, connections, bodies, options.seconds)
    finally:
        for connection in connections:
            connection.close()


async def client_credentials(peer: Peer, connections: list[HttpConnection], bodies: Bodies, seconds: float) -> Result:
    """Ask for the token of a service again and again; needs no code."""
    body = urlencode(peer.service).encode()

    def worker(connection: HttpConnection) -> Worker:
        async def once() -> None:
            await connection.post(body)

        return once

    return await measure([worker(connection) for connection in connections], seconds, peer.pid)


async def codes(peer: Peer, connections: list[HttpConnection], bodies: Bodies, seconds: float) -> Result:
    """Redeem authorization codes."""

    def worker(connection: HttpConnection) -> Worker:
        async def once() -> None:
            body = next(bodies, None)
            if body is None:
                raise Exhausted
            await connection.post(body)

        return once

    return await measure([worker(connection) for connection in connections], seconds, peer.pid)


async def refreshes(peer: Peer, connections: list[HttpConnection], bodies: Bodies, seconds: float) -> Result:
    """Refresh, each connection with the refresh token that its last answer brought."""

    def worker(connection: HttpConnection, raw: str) -> Worker:
        form = peer.public | {"grant_type": "refresh_token"}

        async def once() -> None:
            nonlocal raw
            answer = json.loads(await connection.post(urlencode(form | {"refresh_token": raw}).encode()))
            assert answer["refresh_token"] != raw, "This server does not rotate."
            raw = answer["refresh_token"]

        return once

    answers = [json.loads(await connection.post(next(bodies))) for connection in connections]
    workers = [
        worker(connection, answer["refresh_token"]) for connection, answer in zip(connections, answers, strict=True)
    ]
    return await measure(workers, seconds, peer.pid)


def _bodies(peer: Peer, number: int) -> Bodies:
    forms = peer.prepare(number) if number else []
    return (urlencode(form | peer.public | {"grant_type": "authorization_code"}).encode() for form in forms)


# Each with how many codes it needs for so many connections.
WORKLOADS: dict[str, tuple[Workload, Callable[[int], int]]] = {
    "client_credentials": (client_credentials, lambda _: 0),
    "authorization_code with PKCE": (codes, lambda _: MOST_CODES),
    "refresh_token, rotating": (refreshes, lambda connections: connections),
}
