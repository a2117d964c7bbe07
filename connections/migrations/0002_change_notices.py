"""Tell every process when integrations, consents, sessions or tokens change."""

from django.db import migrations

from accounts.change_notices import CHANGED, MADE, triggers


class Migration(migrations.Migration):
    dependencies = [("connections", "0001_initial"), ("accounts", "0002_change_notices")]
    operations = triggers(
        {
            "connections_appintegration": CHANGED,
            "connections_budget": MADE,
            "connections_clientsecret": CHANGED,
            "connections_consent": CHANGED,
            "connections_session": CHANGED,
            "connections_accesstoken": CHANGED,
        }
    )
