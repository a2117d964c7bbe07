"""Tell every process when principals, groups, credentials or network lists change."""

from django.db import migrations

from accounts.change_notices import CHANGED, MADE, function, triggers

# A sign-in sets last_login and perhaps the password: no process remembers these.
USER = "UPDATE OF kind, email, name, application_id, is_active, is_account_admin, is_auditor OR DELETE OR TRUNCATE"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        function(),
        *triggers(
            {
                "accounts_account": MADE,
                "accounts_user": USER,
                "accounts_group": CHANGED,
                "accounts_user_groups": MADE,
                "accounts_personalaccesstoken": CHANGED,
                "accounts_serviceaccountkey": CHANGED,
                "accounts_serviceaccountsecret": CHANGED,
                "accounts_networkaccesslist": MADE,
            }
        ),
    ]
