"""From a stored catalog to its target and back: the only place that opens sealed passwords in Django code."""

from django.db import transaction

from catalog.models import Catalog
from catalog.sealing import reseal, unseal
from catalog.target import Target


def target_of(catalog: Catalog) -> Target:
    """Return how to reach the catalog's database."""
    return _target(catalog, catalog.user, catalog.password_sealed)


def creator_target_of(catalog: Catalog) -> Target:
    """Return how the creating role reaches it. There must be one."""
    return _target(catalog, catalog.creator_user, catalog.creator_password_sealed)


def _target(catalog: Catalog, user: str, sealed: bytes | memoryview) -> Target:
    return Target(
        host=catalog.host,
        port=catalog.port,
        database=catalog.database,
        user=user,
        password=unseal(bytes(sealed)),
        sslmode=catalog.sslmode,
    )


def reseal_all() -> int:
    """Encrypt every password under the first key of GATEPOST_SECRET_KEYS. Return their number."""
    with transaction.atomic():
        catalogs = list(Catalog.objects.select_for_update())
        for catalog in catalogs:
            catalog.password_sealed = reseal(bytes(catalog.password_sealed))
            if catalog.creator_user:
                catalog.creator_password_sealed = reseal(bytes(catalog.creator_password_sealed))
            catalog.save(update_fields=["password_sealed", "creator_password_sealed"])
    return len(catalogs)
