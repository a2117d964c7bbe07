"""What the API of accounts answers, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from accounts.api.openapi import Answer
from accounts.models import NetworkAccessList
from accounts.public_keys import ALGORITHMS
from audit.export import FORMS
from audit.models import AuditEvent
from jobs.models import Job

_MS = "Milliseconds since 1970."


def _texts(help_text: str = "", **more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), help_text=help_text, **more)


class TokenInfo(Answer):
    """A personal access token without its value."""

    token_id = serializers.CharField(help_text="64 hexadecimal digits.")
    comment = serializers.CharField(allow_blank=True)
    creation_time = serializers.IntegerField(help_text=_MS)
    expiry_time = serializers.IntegerField(help_text=_MS)
    scopes = _texts()


class ManagedToken(TokenInfo):
    """A personal access token as an admin sees it."""

    owner_id = serializers.IntegerField(help_text="SCIM id of the owner.")
    created_by_id = serializers.IntegerField(help_text="SCIM id of who made it.", required=False)
    created_by_username = serializers.CharField(required=False)
    last_used_day = serializers.IntegerField(required=False, help_text=f"The day of the last use. {_MS}")
    workspace_id = serializers.IntegerField()


class NewTokenAnswer(Answer):
    """A new token. Its value is told here and never again."""

    token_value = serializers.CharField(
        required=False, help_text="Begins with gp_pat_. Absent when an Idempotency-Key came again."
    )
    token_info = TokenInfo()


class OwnTokens(Answer):
    """All tokens of the caller."""

    token_infos = TokenInfo(many=True)


class ManagedTokens(Answer):
    """All tokens."""

    token_infos = ManagedToken(many=True)


class ManagedTokenAnswer(Answer):
    """One token."""

    token_info = ManagedToken()


class LastUse(Answer):
    """When and from where a credential was last used; nothing for one that never was."""

    last_use_time = serializers.DateTimeField(required=False)
    last_use_address = serializers.CharField(required=False)


class SecretInfo(LastUse):
    """A secret of a service account without its value."""

    id = serializers.UUIDField()
    secret_hash = serializers.CharField(help_text="A fingerprint for comparing; not the stored digest.")
    status = serializers.ChoiceField(choices=["ACTIVE"])
    create_time = serializers.DateTimeField()
    update_time = serializers.DateTimeField()
    expire_time = serializers.DateTimeField()
    scopes = _texts("No token made with the secret has more.")


class KeyInfo(LastUse):
    """A public key of a service account."""

    id = serializers.UUIDField()
    jwk = serializers.DictField(child=serializers.CharField(), help_text="The public members, and kid if one was sent.")
    algorithm = serializers.ChoiceField(choices=ALGORITHMS)
    thumbprint = serializers.CharField(help_text="RFC 7638, SHA-256.")
    create_time = serializers.DateTimeField()
    expire_time = serializers.DateTimeField()
    scopes = _texts("No token made with the key has more.")


class NewSecretAnswer(SecretInfo):
    """A new secret. Its value is told here and never again."""

    secret = serializers.CharField(
        required=False, help_text="Begins with gp_sas_. Absent when an Idempotency-Key came again."
    )


class IpAccessListInfo(Answer):
    """An IP access list. Addresses come back as they were sent."""

    list_id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes it out
    list_type = serializers.ChoiceField(choices=NetworkAccessList.ListType.values)
    ip_addresses = _texts()
    address_count = serializers.IntegerField()
    enabled = serializers.BooleanField()
    created_at = serializers.IntegerField(help_text=_MS)
    created_by = serializers.IntegerField(allow_null=True, help_text="SCIM id.")
    updated_at = serializers.IntegerField(help_text=_MS)
    updated_by = serializers.IntegerField(allow_null=True, help_text="SCIM id.")


class IpAccessListAnswer(Answer):
    """One list."""

    ip_access_list = IpAccessListInfo()


class IpAccessLists(Answer):
    """All lists of a surface."""

    ip_access_lists = IpAccessListInfo(many=True)


class OperationInfo(Answer):
    """Background work."""

    operation_id = serializers.UUIDField()
    kind = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=Job.State.values)
    progress = serializers.IntegerField(help_text="Percent.")
    attempts = serializers.IntegerField()
    create_time = serializers.DateTimeField()
    result = serializers.JSONField(required=False)
    error = serializers.CharField(required=False)


class AuditExportInfo(Answer):
    """A file of audit records that is made in the background. What is not known yet is left out."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Job.State.values)
    progress = serializers.IntegerField(help_text="Percent.")
    format = serializers.ChoiceField(choices=list(FORMS))
    filters = serializers.DictField(child=serializers.CharField(), help_text="Those that were given, by name.")
    include = serializers.ChoiceField(choices=["statement"], required=False)
    rows = serializers.IntegerField(required=False, help_text="Records in the file.")
    bytes = serializers.IntegerField(required=False, help_text="Size of the file.")
    created_by = serializers.IntegerField(required=False, help_text="SCIM id.")
    created_by_username = serializers.CharField(required=False)
    create_time = serializers.DateTimeField(help_text="Records from then on are not in it.")
    finish_time = serializers.DateTimeField(required=False)
    expire_time = serializers.DateTimeField(help_text="When the file is deleted: 7 days after it was made.")
    error = serializers.CharField(required=False, help_text="Why it failed.")


class AuditEventInfo(Answer):
    """One decision or change. What is not known is left out."""

    event_id = serializers.UUIDField()
    time = serializers.DateTimeField()
    action = serializers.CharField()
    decision = serializers.ChoiceField(choices=AuditEvent.Outcome.values)
    reason = serializers.CharField(required=False, help_text="Code of the refusal or failure.")
    principal_id = serializers.IntegerField(required=False, help_text="SCIM id.")
    principal_kind = serializers.CharField(required=False)
    principal_name = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False)
    client_name = serializers.CharField(required=False)
    credential_kind = serializers.CharField(required=False)
    credential_id = serializers.CharField(required=False)
    scopes = _texts(required=False)
    object = serializers.CharField(required=False, help_text="What it was done to.")
    address = serializers.CharField(required=False)
    request_id = serializers.CharField(required=False)
    attempt_id = serializers.UUIDField(required=False, help_text="The attempt that this is the outcome of.")
    duration_ms = serializers.FloatField(required=False)
    row_count = serializers.IntegerField(required=False)
    details = serializers.DictField(required=False)
    statement = serializers.CharField(required=False, help_text="SQL text, for auditors who ask.")
    parameters = serializers.JSONField(required=False, help_text="Arguments, for auditors who ask.")


class WorkspaceSettings(Answer):
    """Switches of the workspace, as words."""

    enableIpAccessLists = serializers.ChoiceField(choices=["true", "false"], required=False)  # noqa: N815 - compatible


class ScimName(Answer):
    """RFC 7643 4.1.1, the parts that are kept."""

    givenName = serializers.CharField(required=False, help_text="At most 255 characters.")  # noqa: N815 - RFC 7643
    familyName = serializers.CharField(required=False, help_text="At most 255 characters.")  # noqa: N815 - RFC 7643


class ScimResource(Answer):
    """A person, a service account or a group. Which attributes there are depends on the kind (rest-api: SCIM)."""

    schemas = _texts()
    id = serializers.CharField(help_text="Digits, from one sequence for all three kinds.")
    userName = serializers.CharField(required=False, help_text="E-mail address of a person.")  # noqa: N815 - RFC 7643
    applicationId = serializers.UUIDField(required=False, help_text="OAuth client id of a service account.")  # noqa: N815 - RFC 7643
    displayName = serializers.CharField(required=False)  # noqa: N815 - RFC 7643
    name = ScimName(required=False, help_text="Of a person, as a directory keeps it.")
    externalId = serializers.CharField(required=False)  # noqa: N815 - RFC 7643
    active = serializers.BooleanField(required=False)
    roles = serializers.ListField(child=serializers.DictField(), required=False, help_text="account_admin, auditor.")
    groups = serializers.ListField(child=serializers.DictField(), required=False, help_text="Read-only.")
    members = serializers.ListField(child=serializers.DictField(), required=False, help_text="Of a group.")


class ScimList(Answer):
    """RFC 7644 3.4.2: a page. Past the end Resources is empty, and the true total is told."""

    schemas = _texts()
    totalResults = serializers.IntegerField()  # noqa: N815 - RFC 7644
    startIndex = serializers.IntegerField()  # noqa: N815 - RFC 7644
    itemsPerPage = serializers.IntegerField()  # noqa: N815 - RFC 7644
    Resources = ScimResource(many=True)


class ScimInput(serializers.Serializer[Any]):
    """A resource as it is sent. Unknown attributes are ignored (RFC 7643 2.1)."""

    userName = serializers.CharField(required=False, help_text="E-mail address; a person needs one.")  # noqa: N815 - RFC 7643
    applicationId = serializers.UUIDField(required=False, help_text="Of a service account; made when absent.")  # noqa: N815 - RFC 7643
    displayName = serializers.CharField(required=False, help_text="A group needs one.")  # noqa: N815 - RFC 7643
    name = ScimName(required=False, help_text="Of a person; without a displayName it is what is shown.")
    externalId = serializers.CharField(required=False, help_text="The name that the directory has for it.")  # noqa: N815 - RFC 7643
    active = serializers.BooleanField(required=False, help_text="false ends every session and token at once.")
    roles = serializers.ListField(
        child=serializers.DictField(), required=False, help_text='[{"value": "account_admin"}]; also auditor.'
    )
    members = serializers.ListField(
        child=serializers.DictField(), required=False, help_text='Of a group: [{"value": "1000000001"}].'
    )


class ScimOperation(serializers.Serializer[Any]):
    """RFC 7644 3.5.2: one change."""

    op = serializers.ChoiceField(choices=["add", "remove", "replace"], help_text="In any case.")
    path = serializers.CharField(required=False, help_text='active, roles, members, members[value eq "123"], ...')
    value = serializers.JSONField(required=False, help_text='Without path: {"active": false}.')


class ScimPatch(serializers.Serializer[Any]):
    """RFC 7644 3.5.2: changes that are made together or not at all."""

    schemas = _texts("urn:ietf:params:scim:api:messages:2.0:PatchOp", required=False)
    Operations = ScimOperation(many=True, help_text="In order.")


class PasswordLink(Answer):
    """A link with which a person chooses a password."""

    url = serializers.CharField(required=False, help_text="Absent when an Idempotency-Key came again.")
    expire_time = serializers.DateTimeField()


class BrokenSeal(Answer):
    """Where the chain breaks: a record of this run, or a seal, was changed or is gone."""

    seal_id = serializers.IntegerField()
    first_record = serializers.IntegerField(help_text="Number of the first record of the run.")
    last_record = serializers.IntegerField(help_text="Number of the last record of the run.")
    sealed_time = serializers.DateTimeField()


class AuditVerification(Answer):
    """What a look at the hash chain found."""

    ok = serializers.BooleanField()
    checked = serializers.IntegerField(help_text="Records whose digests were computed anew.")
    sealed_until = serializers.DateTimeField(required=False, help_text="When the last good seal was made.")
    first_bad = BrokenSeal(required=False)
    next_from = serializers.DateTimeField(required=False, help_text="Where to go on: it was too long for one look.")
