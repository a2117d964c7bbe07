"""Counters are written often and may be lost in a crash, so that no request waits for them to reach the disk."""

from django.db import migrations


def _unlogged(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(f"ALTER TABLE {table} SET UNLOGGED", f"ALTER TABLE {table} SET LOGGED")


class Migration(migrations.Migration):
    dependencies = [("connections", "0002_change_notices")]
    operations = [
        _unlogged("connections_arrivals"),
        _unlogged("connections_spending"),
        _unlogged("connections_tokenrequests"),
    ]
