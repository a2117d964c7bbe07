"""Tell every process when curated servers and prompts change."""

from django.db import migrations

from accounts.change_notices import MADE, triggers


class Migration(migrations.Migration):
    dependencies = [("mcp_endpoint", "0001_initial"), ("accounts", "0002_change_notices")]
    operations = triggers({"mcp_endpoint_curatedserver": MADE, "mcp_endpoint_prompt": MADE})
