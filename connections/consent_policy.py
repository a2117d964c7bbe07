"""oauth.md 5: when people are asked: every time, the first time, or not at all because an admin accepted in advance."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.errors import Invalid
from accounts.models import Group
from audit.event import By
from connections import consents, integrations, narrowing, sessions
from connections import integration_fields as fields
from connections.consents import Question
from connections.models import AppIntegration, Consent, Session
from connections.narrowing import Narrowed

Policy = AppIntegration.ConsentPolicy


def standing_answer(question: Question) -> Callable[[], Consent] | None:
    """Return what gives the consent without the page, or None where the person has to be asked.

    What a person took back is never given in advance, and what an admin gave is good for as long as the admin means it.
    """
    if consents.is_always_asked(question) or question.integration.consent_policy == Policy.EVERY_TIME:
        return None
    newest, in_advance = consents.newest(question), _is_pre_approved(question)
    if newest is not None and newest.revoked_at is not None:
        return None
    if newest is not None and newest.ends_at > timezone.now() and (in_advance or not newest.pre_approved):
        return partial(consents.held, newest)
    return partial(consents.allow, question, _all(question), pre_approved=True) if in_advance else None


@transaction.atomic
def change(integration: AppIntegration, policy: object, groups: Sequence[str], *, by: By) -> None:
    """Set the policy of an app that an admin made. Consents that nobody accepts in advance any more end at once."""
    chosen = _checked(policy, groups)
    locked = integrations.lock(integration)
    if policy == Policy.PRE_APPROVED:
        fields.refuse_redirects_to_a_computer(locked.redirect_urls)
    before = describe(locked)
    locked.consent_policy = str(policy)
    locked.save(update_fields=["consent_policy", "updated"])
    locked.pre_approved_groups.set(chosen)
    after = describe(locked)
    if before != after:
        ended = _end_what_was_given(locked, chosen)
        integrations.write("integration.consent_policy", locked, by, before=before, after=after, consents_ended=ended)


def describe(integration: AppIntegration) -> dict[str, Any]:
    """Return the policy as the API shows it."""
    groups = integration.pre_approved_groups.order_by("name").values_list("name", flat=True)
    return {"policy": str(integration.consent_policy), "groups": list(groups)}


def _is_pre_approved(question: Question) -> bool:
    integration = question.integration
    return integration.consent_policy == Policy.PRE_APPROVED and (
        integration.pre_approved_groups.filter(members=question.user).exists()
    )


def _all(question: Question) -> Narrowed:
    """Return all that was asked, writing aside, for as long as the app's sessions may last."""
    scopes = narrowing.scopes_allowed(question.scopes, question.integration, write=False)
    return Narrowed(scopes, None, timezone.now() + sessions.lifetime(question.integration))


def _checked(policy: object, names: Sequence[str]) -> list[Group]:
    if policy not in Policy.values:
        raise Invalid({"policy": [f"Give one of: {', '.join(Policy.values)}."]})
    if (policy == Policy.PRE_APPROVED) != bool(names):
        raise Invalid({"groups": ["Name at least one group to accept in advance for, and none for another policy."]})
    found = {group.name: group for group in Group.objects.filter(name__in=names)}
    unknown = [name for name in names if name not in found]
    if unknown:
        raise Invalid({"groups": [f"There is no group {', '.join(name[:100] for name in unknown)}."]})
    return list(found.values())


def _end_what_was_given(integration: AppIntegration, groups: list[Group]) -> int:
    """End the consents that were given in advance to people outside of the groups. Return how many."""
    given = consents.live().filter(integration=integration, pre_approved=True).exclude(user__groups__in=groups)
    ended = list(given.values_list("pk", flat=True))
    sessions.end(Session.objects.filter(consent__in=ended), "pre_approval_ended")
    # Over, and not taken back: who accepts in advance again gives them again.
    return Consent.objects.filter(pk__in=ended).update(ends_at=timezone.now())
