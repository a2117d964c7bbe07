"""Tell every process when catalogs, their objects or privileges change."""

from django.db import migrations

from accounts.change_notices import MADE, triggers


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial"), ("accounts", "0002_change_notices")]
    operations = triggers(
        {
            "catalog_catalog": MADE,
            "catalog_schema": MADE,
            "catalog_relation": MADE,
            "catalog_routine": MADE,
            "catalog_privilege": MADE,
            "catalog_documentsearch": MADE,
            "catalog_embeddingfunction": MADE,
        }
    )
