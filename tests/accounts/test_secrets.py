"""accounts.secrets"""

import pytest

from accounts import secrets
from tests.requirements import requirement


@pytest.mark.parametrize("prefix", list(secrets.Prefix))
@requirement("AS-PREFIX")
def test_a_new_secret_is_well_formed_and_unique(prefix):
    raw = secrets.make(prefix)
    assert secrets.prefix_of(raw) is prefix
    assert raw != secrets.make(prefix)


@requirement("AS-PREFIX")
def test_one_changed_character_is_noticed_without_a_query():
    raw = secrets.make(secrets.Prefix.ACCESS_TOKEN)
    changed = raw[:10] + ("a" if raw[10] != "a" else "b") + raw[11:]
    assert secrets.prefix_of(changed) is None


@pytest.mark.parametrize("noise", ["", "gp_pat_", "gp_pat_" + "x" * 49, "ghp_abc", "gp_at_" + "é" * 49])
def test_noise_is_no_secret(noise):
    assert secrets.prefix_of(noise) is None


def test_only_the_right_secret_matches_the_digest():
    raw = secrets.make(secrets.Prefix.CLIENT_SECRET)
    assert secrets.matches(raw, secrets.digest(raw))
    assert not secrets.matches(raw + "x", secrets.digest(raw))
