"""What may happen to any principal: switched off and on, given roles, deleted; never the last account admin."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.errors import InvalidState
from accounts.models import Account, User
from audit import record
from audit.event import By, Event

ROLES = {"account_admin": "is_account_admin", "auditor": "is_auditor"}


class LastAdmin(InvalidState):
    """Nobody could manage the account afterwards."""

    def __init__(self) -> None:
        super().__init__("This is the last active account admin. Make another person account admin first.")


def roles_of(principal: User) -> list[str]:
    """Return the names of the roles; a member has none."""
    return [role for role, column in ROLES.items() if getattr(principal, column)]


@transaction.atomic
def set_active(principal: User, active: bool, *, by: By) -> None:  # noqa: FBT001 - the value itself, as in SCIM
    """Switch a principal on or off.

    Off ends the sign-ins and, by its time, every session and access token of before. Personal access tokens are refused
    as long as it is off.
    """
    principal = _locked(principal)
    if principal.is_active == active:
        return
    if not active:
        _keep_an_admin_without(principal)
        end_sign_ins(principal)
        principal.deactivated_at = timezone.now()
    principal.is_active = active
    principal.save(update_fields=["is_active", "deactivated_at"])
    verb = "activate" if active else "deactivate"
    write(verb, principal, by, before={"active": not active}, after={"active": active})


@transaction.atomic
def set_roles(principal: User, roles: frozenset[str], *, by: By) -> None:
    """Give exactly these roles."""
    principal = _locked(principal)
    before = roles_of(principal)
    if roles == set(before):
        return
    if "account_admin" in before and "account_admin" not in roles:
        _keep_an_admin_without(principal)
    for role, column in ROLES.items():
        setattr(principal, column, role in roles)
    principal.save(update_fields=list(ROLES.values()))
    write("set_roles", principal, by, before={"roles": before}, after={"roles": roles_of(principal)})


@transaction.atomic
def delete(principal: User, *, by: By) -> None:
    """Delete a principal with its credentials. Its audit records stay."""
    principal = _locked(principal, no_key=False)  # nothing new may point to it
    _keep_an_admin_without(principal)
    end_sign_ins(principal)
    write("delete", principal, by, before={"name": principal.name, "roles": roles_of(principal)})
    principal.delete()


def end_sign_ins(person: User) -> None:
    """End the console sessions, so that they do not come back when the person does."""
    open_sessions = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [row.pk for row in open_sessions.iterator() if row.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(pk__in=theirs).delete()


def write(verb: str, principal: User, by: By, **details: object) -> None:
    """Record a change of a principal: user.deactivate, service_account.create, ..."""
    kind = "service_account" if principal.is_service_account else "user"
    record.write(Event(action=f"{kind}.{verb}", outcome="allowed", by=by, object=principal.user_name, details=details))


def _locked(principal: User, *, no_key: bool = True) -> User:
    """Return the row as it is now. Changes to principals queue, so that two admins cannot remove each other."""
    Account.lock()
    return User.objects.select_for_update(no_key=no_key).get(pk=principal.pk)


def _keep_an_admin_without(principal: User) -> None:
    if not (principal.is_account_admin and principal.is_active):
        return
    others = User.objects.filter(kind=User.Kind.PERSON, is_active=True, is_account_admin=True).exclude(pk=principal.pk)
    if not others.exists():
        raise LastAdmin
