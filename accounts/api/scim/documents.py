"""RFC 7643 4.1, 4.2: principals and groups as SCIM resources. Unset attributes are left out."""

from collections.abc import Mapping
from typing import Any

from accounts.activation import roles_of
from accounts.api.fields import present, rfc3339
from accounts.models import Group, User

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SERVICE_PRINCIPAL = "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def user(person: User) -> dict[str, Any]:
    """Return a person. A service account that asks for `Me` has its application id as userName."""
    return present(
        schemas=[USER],
        userName=person.user_name,
        name=present(givenName=person.given_name or None, familyName=person.family_name or None) or None,
        emails=[{"type": "work", "value": person.email, "primary": True}] if person.email else None,
        **_principal(person),
    )


def service_principal(account: User) -> dict[str, Any]:
    """Return a service account."""
    return {"schemas": [SERVICE_PRINCIPAL], "applicationId": str(account.application_id), **_principal(account)}


def group(row: Group) -> dict[str, Any]:
    """Return a group with its members."""
    return present(
        schemas=[GROUP],
        id=str(row.pk),
        displayName=row.name,
        externalId=row.external_id or None,
        members=[_member(principal) for principal in sorted(row.members.all(), key=lambda one: one.pk)] or None,
        meta={"resourceType": "Group", "created": rfc3339(row.created_at)},
    )


def selected(document: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """RFC 7644 3.9: keep the wanted attributes, or leave out the unwanted; id and schemas always stay."""
    wanted, unwanted = _names(query.get("attributes", "")), _names(query.get("excludedAttributes", ""))
    return {
        name: value
        for name, value in document.items()
        if name in {"id", "schemas"} or ((not wanted or name.lower() in wanted) and name.lower() not in unwanted)
    }


def _names(text: str) -> set[str]:
    return {name.strip().partition(".")[0].lower() for name in text.split(",") if name.strip()}


def _principal(principal: User) -> dict[str, Any]:
    return present(
        id=str(principal.pk),
        displayName=principal.display_name,
        active=principal.is_active,
        externalId=principal.external_id or None,
        roles=[{"value": role} for role in roles_of(principal)] or None,
        groups=[
            {"value": str(row.pk), "display": row.name, "type": "direct", "$ref": f"Groups/{row.pk}"}
            for row in principal.groups.all()
        ]
        or None,
    )


def _member(principal: User) -> dict[str, str]:
    kind = "ServicePrincipals" if principal.is_service_account else "Users"
    return {
        "value": str(principal.pk),
        "display": principal.display_name,
        "type": "ServicePrincipal" if principal.is_service_account else "User",
        "$ref": f"{kind}/{principal.pk}",
    }
