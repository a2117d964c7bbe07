from mcp_endpoint.limits import Budgets


def test_a_full_minute_is_spent_at_once_and_comes_back_evenly():
    budgets = Budgets()
    for _ in range(60):
        assert budgets.wait("alice", 60, now=100.0) == 0
        budgets.spend("alice", 60, now=100.0)
    assert budgets.wait("alice", 60, now=100.0) == 1.0
    assert budgets.wait("bob", 60, now=100.0) == 0
    assert budgets.wait("alice", 60, now=101.0) == 0


def test_memory_is_bounded():
    budgets = Budgets(max_keys=10)
    for number in range(1000):
        budgets.spend(number, 60, now=1.0)
    assert len(budgets._spent) == 10
