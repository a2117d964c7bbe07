"""catalog.sealing: passwords at rest."""

import pytest

from accounts.sealing import Unsealable
from catalog.models import Catalog
from catalog.sealing import seal, unseal
from catalog.vault import reseal_all, target_of


def test_a_sealed_password_opens_again_and_does_not_show():
    sealed = seal("correct horse")
    assert b"correct" not in sealed
    assert unseal(sealed) == "correct horse"


def test_a_foreign_key_does_not_open_it(settings):
    sealed = seal("correct horse")
    settings.GATEPOST_SECRET_KEYS = ("another key",)
    with pytest.raises(Unsealable):
        unseal(sealed)


@pytest.mark.django_db
def test_rotation_lists_two_keys_then_seals_anew(settings):
    settings.GATEPOST_SECRET_KEYS = ("old",)
    Catalog.objects.create(name="c", host="h", database="d", user="u", password_sealed=seal("correct horse"))
    settings.GATEPOST_SECRET_KEYS = ("new", "old")
    assert reseal_all() == 1
    settings.GATEPOST_SECRET_KEYS = ("new",)
    target = target_of(Catalog.objects.get())
    assert target.password == "correct horse"
    assert "correct horse" not in repr(target)
