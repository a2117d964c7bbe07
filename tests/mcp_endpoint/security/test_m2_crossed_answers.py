"""M2 of mcp.md 7: the transport keeps no state that could bring the answer of one to another."""

import asyncio

import httpx2
import pytest

from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import headers_for, message
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
CALLS = 1000


@requirement("M2-crossed", "M2-session-id")
def test_m2_a_thousand_calls_at_once_with_equal_ids_and_the_session_of_another(world, web, recorded):
    async def call(client, number):
        who = ("alice", "bob")[number % 2]
        arguments = {"v": [f"{who} {number}"]}
        value = message("tools/call", {"name": "demo__shop__same_texts", "arguments": arguments}, number // 2)
        headers = headers_for(value, world.tokens[who], "2025-11-25", Host=None, **{"Mcp-Session-Id": "of-alice"})
        return number, who, await client.post(web.base_url + SHOP, json=value, headers=headers)

    async def all_at_once():
        limits = httpx2.Limits(max_connections=200)
        async with httpx2.AsyncClient(timeout=60, limits=limits) as client:
            return await asyncio.gather(*(call(client, number) for number in range(CALLS)))

    for number, who, answer in asyncio.run(all_at_once()):
        assert "mcp-session-id" not in answer.headers
        body = answer.json()
        assert body["id"] == number // 2
        assert body["result"]["structuredContent"]["rows"] == [[[f"{who} {number}"]]]
    records = recorded()
    assert len(records) == CALLS
    assert all(r.parameters["arguments"]["v"][0].startswith(r.principal_name.partition("@")[0]) for r in records)
