"""The table of Django's database cache, which is used where there is no Redis. A crash may empty it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_change_notices")]
    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE accounts_cache (
              cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
            );
            CREATE INDEX accounts_cache_expires ON accounts_cache (expires);
            """,
            "DROP TABLE accounts_cache",
        )
    ]
