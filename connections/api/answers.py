"""What the API of app integrations answers, for the OpenAPI document."""

from rest_framework import serializers

from accounts.api.answers import LastUse
from accounts.api.openapi import Answer
from connections.models import Budget


class TokenAccessPolicy(Answer):
    """Lifetimes in minutes. The two TTLs are always told, the others when they were set."""

    access_token_ttl_in_minutes = serializers.IntegerField()
    refresh_token_ttl_in_minutes = serializers.IntegerField()
    enable_single_use_refresh_tokens = serializers.BooleanField(required=False)
    absolute_session_lifetime_in_minutes = serializers.IntegerField(required=False)


class IntegrationInfo(Answer):
    """An app integration; never a secret."""

    integration_id = serializers.UUIDField()
    client_id = serializers.CharField()
    name = serializers.CharField()
    confidential = serializers.BooleanField()
    redirect_urls = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    user_authorized_scopes = serializers.ListField(child=serializers.CharField())
    token_access_policy = TokenAccessPolicy()
    may_introspect = serializers.BooleanField(required=False, help_text="It may ask about every token.")
    jwks = serializers.DictField(required=False, help_text="Public keys with which it may sign who it is.")
    created_by = serializers.IntegerField(required=False, help_text="SCIM id.")
    creator_username = serializers.CharField(required=False)
    create_time = serializers.DateTimeField()


class NewIntegrationAnswer(Answer):
    """The ids of a new integration."""

    integration_id = serializers.UUIDField()
    client_id = serializers.CharField()
    client_secret = serializers.CharField(required=False, help_text="Of a confidential one; here and never again.")


class Rotated(Answer):
    """A new secret beside the old one."""

    client_secret = serializers.CharField(required=False, help_text="Here and never again.")
    secret_id = serializers.UUIDField()
    previous_expire_time = serializers.DateTimeField(help_text="When the old secret ends.")


class ConsentInfo(Answer):
    """What a person allowed a client."""

    id = serializers.UUIDField()
    user_id = serializers.IntegerField(help_text="SCIM id.")
    user_name = serializers.CharField()
    client_id = serializers.CharField()
    client_name = serializers.CharField(allow_blank=True)
    client_verified = serializers.BooleanField(help_text="False: the client registered itself and chose its name.")
    scopes = serializers.ListField(child=serializers.CharField())
    catalogs = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Absent: every catalog that the person may use."
    )
    resource = serializers.CharField(help_text="Path of the MCP URL, or / for the deployment.")
    redirect_host = serializers.CharField(allow_blank=True)
    pre_approved = serializers.BooleanField(help_text="True: an admin accepted in advance; the person was not asked.")
    create_time = serializers.DateTimeField()
    expire_time = serializers.DateTimeField()
    sessions = serializers.IntegerField(help_text="Authorizations that live under it.")
    last_use_time = serializers.DateTimeField(required=False, help_text="Absent: no session of it was used.")


class SessionInfo(Answer):
    """A live authorization of an app integration."""

    session_id = serializers.UUIDField()
    user_id = serializers.IntegerField(help_text="SCIM id.")
    user_name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    catalogs = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Absent: every catalog that the person may use."
    )
    resource = serializers.CharField(help_text="Path of the MCP URL, or / for the deployment.")
    create_time = serializers.DateTimeField()
    expire_time = serializers.DateTimeField()


class SignedOut(Answer):
    """What ended."""

    sessions = serializers.IntegerField(help_text="How many app sessions ended.")


class ConsentPolicy(Answer):
    """When people are asked. Whatever it says, some questions are always asked."""

    policy = serializers.ChoiceField(["every_time", "first_time", "pre_approved"])
    groups = serializers.ListField(child=serializers.CharField(), help_text="For whom an admin accepted in advance.")


class IpAllowlist(Answer):
    """From where an app integration may come."""

    ip_addresses = serializers.ListField(child=serializers.CharField(), help_text="None: from anywhere.")


class AllowedCatalogs(Answer):
    """Which catalogs an app integration can reach, whatever its people may do."""

    catalogs = serializers.ListField(child=serializers.CharField(), required=False, help_text="Unless it is all.")
    all = serializers.BooleanField(required=False, help_text="true: every catalog that its people may use.")


class TokenServers(Answer):
    """The MCP URLs that a token opens."""

    resources = serializers.ListField(
        child=serializers.CharField(), help_text="Paths. Empty: the whole deployment, within the scopes of the token."
    )


class DecidingPrivilege(Answer):
    """A privilege, and through which group it is held."""

    privilege = serializers.CharField()
    securable_type = serializers.CharField()
    full_name = serializers.CharField(help_text="What it was granted on.")
    group = serializers.CharField(required=False)


class Explanation(Answer):
    """The rule that decides. Network access lists are left out: they depend on the address."""

    decision = serializers.ChoiceField(choices=["allow", "deny"])
    rule = serializers.CharField()
    message = serializers.CharField()
    privileges = DecidingPrivilege(many=True)
    lacking = serializers.ListField(child=serializers.CharField())


class ClientSecretInfo(LastUse):
    """A secret of an app integration without its value."""

    secret_id = serializers.UUIDField()
    ends_in = serializers.CharField(help_text="The last four characters.")
    create_time = serializers.DateTimeField()
    expire_time = serializers.DateTimeField(required=False, help_text="Absent: it works until it is rotated.")


class RegistrationInfo(Answer):
    """A client that came in by itself. Nothing that it says is verified."""

    client_id = serializers.CharField()
    client_name = serializers.CharField()
    registration_source = serializers.ChoiceField(["registration", "document"])
    state = serializers.ChoiceField(["waiting", "usable"])
    redirect_uris = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    confidential = serializers.BooleanField()
    resembles = serializers.CharField(required=False, help_text="The known app whose name it looks like.")
    create_time = serializers.DateTimeField()


class PublishedAppInfo(Answer):
    """An app that can be switched on."""

    app_id = serializers.CharField()
    client_id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    is_confidential_client = serializers.BooleanField()
    redirect_urls = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())


class PublishedAppIntegrationInfo(Answer):
    """An app that is on."""

    integration_id = serializers.UUIDField()
    app_id = serializers.CharField()
    name = serializers.CharField()
    created_by = serializers.IntegerField(required=False, help_text="SCIM id.")
    create_time = serializers.DateTimeField()
    token_access_policy = TokenAccessPolicy()


class SwitchedOn(Answer):
    """The integration of the app."""

    integration_id = serializers.UUIDField()


class Settings(Answer):
    """The settings of the workspace."""

    client_registration = serializers.ChoiceField(["off", "approval", "open"])
    client_documents = serializers.ChoiceField(["off", "listed", "any"])
    client_document_hosts = serializers.ListField(child=serializers.CharField())
    second_factor = serializers.ChoiceField(["admins", "everybody"])


class BudgetInfo(Answer):
    """How much one principal may use."""

    level = serializers.ChoiceField(choices=Budget.Level.values)
    subject = serializers.CharField(allow_blank=True, help_text="Catalog name, client_id or token_id.")
    calls_per_day = serializers.IntegerField(required=False, help_text="Tool calls on a day (UTC).")
    rows_per_day = serializers.IntegerField(required=False, help_text="Rows on a day (UTC).")
    bytes_per_day = serializers.IntegerField(required=False, help_text="Bytes of rows, as JSON, on a day (UTC).")
    concurrent_calls = serializers.IntegerField(required=False, help_text="Calls at one time, in each process.")
    rows = serializers.IntegerField(required=False, help_text="Rows of one call.")
    bytes = serializers.IntegerField(required=False, help_text="Bytes of the rows of one call.")
    seconds = serializers.IntegerField(required=False, help_text="Seconds of one call.")
    plan_cost = serializers.IntegerField(
        required=False, help_text="What the planner may expect the SQL of one call to cost."
    )
    update_time = serializers.DateTimeField()
