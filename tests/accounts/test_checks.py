"""accounts.checks"""

import pytest

from accounts.checks import trusted_proxies


@pytest.mark.parametrize(
    ("proxies", "ids"),
    [
        ((), []),
        (("10.0.0.1", "2001:db8::/32"), []),
        (("10.0.0.1/8",), ["gatepost.E020"]),
        (("proxy.example",), ["gatepost.E020"]),
        (("0.0.0.0/0",), ["gatepost.W021"]),
    ],
)
def test_proxies_must_be_ranges_and_not_everybody(settings, proxies, ids):
    settings.GATEPOST_TRUSTED_PROXIES = proxies
    assert [found.id for found in trusted_proxies()] == ids
