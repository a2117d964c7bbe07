"""oauth.md 4 and 9: issue, refresh, race, replay, revoke, disable, delete and expiry in random order.

After every step each token opens something exactly when a small model says that its right lives, and no refusal comes
that the model does not expect. GATEPOST_TEST_FUZZ=2000 makes the run long and new; without it a short run repeats.
"""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

from django.conf import settings as configured
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts import people, secrets, service_accounts, tokens
from accounts.models import PersonalAccessToken, ServiceAccountSecret, User
from audit import event_loop
from connections import consents, integrations, sessions
from connections.errors import Refusal
from connections.models import AccessToken, AuthorizationCode, Consent, RefreshToken, Session
from connections.tokens import verify
from tests.connections.conftest import BY, CALLBACK, SALES
from tests.connections.rights import Authorization, Bearer, Code, Refresh, Rights, Secret
from tests.connections.test_sweep import sweep
from tests.requirements import requirement
from tests.waiting import until

LONG = int(os.environ.get("GATEPOST_TEST_FUZZ", "0"))
PROFILE = settings(
    max_examples=LONG or 12,
    stateful_step_count=40,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
CLIENT = Client()
FORM = "application/x-www-form-urlencoded"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
CLEARANCE = 15  # seconds between a moment that we jump to and the end of anything
EITHER = (0, 1)
ENDINGS = ("session", "consent", "tokens", "sessions")
FAR_BACK = 5
FELT_WITHIN = 1.0  # seconds until every process knows of a change
TIMES = {
    Session: ("started_at", "ends_at", "revoked_at", "principal_deactivated_at"),
    Consent: ("created_at", "ends_at", "revoked_at"),
    AuthorizationCode: ("created", "expires", "used_at"),
    AccessToken: ("created", "expires", "principal_deactivated_at"),
    RefreshToken: ("created", "expires_at", "consumed_at"),
    PersonalAccessToken: ("created_at", "expires_at", "revoked_at"),
    ServiceAccountSecret: ("created_at", "expires_at"),
    User: ("deactivated_at",),
}


def post(endpoint, form):
    return CLIENT.post(f"/oidc/v1/{endpoint}", urlencode(form), content_type=FORM)


def together(*actions):
    """Run the actions at one time, each on a database connection of its own, and return what they return."""
    start = Barrier(len(actions))

    def run(action):
        try:
            start.wait(10)
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


async def open_ones(among):
    """Ask as the MCP endpoint does, and for other tokens as the REST API does."""
    found = []
    for token in among:
        with suppress(Refusal):
            await verify(token.raw, resource=SALES if token.under else None, address=None)
            found.append(token)
    return found


either = st.sampled_from(EITHER)
past = st.sampled_from([0, 0, 1, 1, 2, 3, FAR_BACK, 8])  # how far back a rule reaches for what it uses


def chosen(among, past):
    return among[-1 - past % len(among)]


def registered():
    scopes = ["mcp.functions", "offline_access"]
    return integrations.create(by=BY, name=f"App {uuid.uuid4()}", redirect_urls=[CALLBACK], scopes=scopes)[0]


class Machine(RuleBasedStateMachine, Rights):
    """What people, admins, apps and time do. What a rule draws may have ended long ago."""

    authorize: Any  # the fixture

    def __init__(self):
        RuleBasedStateMachine.__init__(self)
        Rights.__init__(
            self,
            people=[User.objects.create_person(f"{uuid.uuid4()}@example.com", "P") for _ in range(2)],
            account=User.objects.create_service_account("etl"),
            apps=[registered() for _ in range(2)],
        )

    def teardown(self):
        """Let every honest client refresh once more: only rights that the model knows to be over refuse."""
        for token in [token for token in self.refresh_tokens if token.used_at is None]:
            self.refreshed(token, 1)
        for owned in (*self.apps, *self.people, self.account):
            owned.row.delete()

    # --- issue

    @initialize()
    def begin(self):
        """Begin with something to lose."""
        for person in EITHER:
            self.connect(person, 0, 5 * HOUR)
        self.make_pat(0, 90 * DAY)
        self.add_secret(20 * MINUTE)
        self.client_credentials(0)

    @rule(person=either, app=either, lasts=st.sampled_from([30 * DAY, 5 * HOUR, 10 * MINUTE]))
    def connect(self, person, app, lasts):
        """Do what an app does when a person connects it. It waits until an admin has switched both on."""
        self.switch_person(person, on=True)
        self.switch_app(app, on=True)
        self.allow(person, app, lasts)
        self.exchange(0)

    @rule(person=either, app=either, lasts=st.sampled_from([30 * DAY, 10 * MINUTE]))
    def allow(self, person, app, lasts):
        """Do what the consent page does."""
        person, app = self.people[person], self.apps[app]
        if not (person.is_active and app.is_enabled):
            return  # they do not get as far as the page
        form = self.authorize(person.row, app.row, ends_at=timezone.now() + timedelta(seconds=lasts))
        session = AuthorizationCode.objects.get(code=secrets.digest(form["code"]).hex()).session
        self.codes.append(Code(form, Authorization(session, person, app, self.ending(lasts)), self.ending(MINUTE)))

    @rule(past=past)
    def exchange(self, past):
        """Redeem a code, or replay it: nobody remembers whether it was redeemed."""
        code = chosen(self.codes, past)
        self.redeemed(code, [post("token", code.form)])

    @rule(past=past)
    def exchange_twice_at_once(self, past):
        code = chosen(self.codes, past)
        self.redeemed(code, together(*[lambda: post("token", code.form)] * 2))

    def redeemed(self, code, answers):
        """Every use after the first is a replay, and ends the authorization (RFC 6749 4.1.2)."""
        is_heard = code.under.app.is_enabled and not code.is_forgotten
        may = is_heard and not code.is_used and self.lives(code.under) and code.ends > self.now()
        assert sorted(answer.status_code for answer in answers) == [200 if may else 400] + [400] * (len(answers) - 1)
        if is_heard:
            code.under.is_over |= code.is_used or len(answers) > 1
            code.is_used = True
        for answer in answers:
            if answer.status_code == 200:
                self.issued(code.under, answer.json())

    def issued(self, under, answer):
        """Take note of a pair of tokens."""
        access = Bearer(answer["access_token"], self.ending(answer["expires_in"]), under.person, under=under)
        self.bearers.append(access)
        lasts = min(7 * DAY, under.ends - self.now())
        refresh = Refresh(answer["refresh_token"], under, self.ending(lasts), access)
        self.refresh_tokens.append(refresh)
        return refresh

    @rule(lasts=st.sampled_from([90 * DAY, 20 * MINUTE]))
    def add_secret(self, lasts):
        live = [secret for secret in self.secrets if secret.ends > self.now() and not secret.is_deleted]
        if not self.account.is_active or len(live) == service_accounts.MOST_SECRETS:
            return
        row, raw = service_accounts.add_secret(self.account.row, by=BY, lifetime_seconds=lasts)
        self.secrets.append(Secret(row, raw, self.ending(lasts)))

    @rule(past=past)
    def client_credentials(self, past):
        secret = chosen(self.secrets, past)
        may = self.account.is_active and not secret.is_deleted and secret.ends > self.now()
        answer = self.by_secret(secret)
        assert answer.status_code == (200 if may else 401)
        if may:
            self.given(answer.json(), secret)

    @rule(past=past)
    def client_credentials_while_the_account_is_switched_off(self, past):
        """Whichever comes first: no token lives on when the account comes back."""
        secret = chosen(self.secrets, past)
        may = self.account.is_active and not secret.is_deleted and secret.ends > self.now()
        answer, _ = together(
            lambda: self.by_secret(secret), lambda: service_accounts.set_active(self.account.row, False, by=BY)
        )
        if answer.status_code == 200:
            assert may
            self.given(answer.json(), secret)
        self.switch_account(on=False)

    def by_secret(self, secret):
        client_id = str(self.account.row.application_id)
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret.raw}
        return post("token", form)

    def given(self, answer, secret):
        """Take note of a token of the service account."""
        lasts = answer["expires_in"]
        assert self.now() + lasts <= secret.ends + 1, "the token outlives its secret"
        self.bearers.append(Bearer(answer["access_token"], self.ending(lasts), self.account, secret=secret))

    @rule(who=st.integers(0, 2), lasts=st.sampled_from([90 * DAY, 30 * MINUTE]))
    def make_pat(self, who, lasts):
        owner = [*self.people, self.account][who]
        if not owner.is_active:
            return
        row, raw = tokens.create(owner.row, by=BY, lifetime_seconds=lasts, scopes=["all-apis"])
        self.bearers.append(Bearer(raw, self.ending(lasts), owner, row=row))

    # --- refresh and replay

    def some_refresh_token(self, past):
        """Prefer one whose right lives: of others there are more and more."""
        live = [token for token in self.refresh_tokens if token.under.app.is_enabled and self.lives(token.under)]
        return chosen(live if live and past < FAR_BACK else self.refresh_tokens, past)

    @rule(past=past)
    def refresh(self, past):
        """Whether the token is new, was used a moment ago or long ago is for the model to say."""
        self.refreshed(self.some_refresh_token(past), 1)

    @rule(past=past)
    def refresh_three_times_at_once(self, past):
        self.refreshed(self.some_refresh_token(past), 3)

    @rule(past=past)
    def lose_the_answer_and_refresh_again(self, past):
        token = self.some_refresh_token(past)
        for _ in range(2):
            self.refreshed(token, 1)

    @rule(past=past)
    def refresh_and_again_later(self, past):
        """OAuth 2.1 4.3.1: a thief, or the owner after one."""
        token = self.some_refresh_token(past)
        self.refreshed(token, 1)
        self.let_time_pass(40)
        self.refreshed(token, 1)

    def refreshed(self, token, times):
        may, is_reuse = self.may_refresh(token), self.is_reuse(token)
        answers = together(*[lambda: post("token", token.form)] * times) if times > 1 else [post("token", token.form)]
        assert {answer.status_code for answer in answers} == {200 if may else 400}
        if may:
            self.rotated(token, answers)
            return
        assert {answer.json()["error"] for answer in answers} == {"invalid_grant"}
        token.under.is_over |= is_reuse

    def rotated(self, token, answers):
        """All answers carry one pair: a new one, or that of the first use."""
        pairs = {(answer.json()["access_token"], answer.json()["refresh_token"]) for answer in answers}
        assert len(pairs) == 1
        if token.successor is None:
            token.used_at = self.now()
            self.ending(configured.GATEPOST_REFRESH_OVERLAP_SECONDS)
            token.successor = self.issued(token.under, answers[0].json())
        assert pairs == {(token.successor.access.raw, token.successor.raw)}

    @rule(past=past)
    def refresh_by_another_app(self, past):
        """It gets nothing, and takes nothing away."""
        token = self.some_refresh_token(past)
        (other,) = [app for app in self.apps if app is not token.under.app]
        assert post("token", {**token.form, "client_id": other.row.client_id}).status_code == 400

    @rule(past=past, how=st.sampled_from([*ENDINGS, "person", "app"]))
    def refresh_while_it_ends(self, past, how):
        """Whichever comes first: what was issued falls with the rest."""
        token = self.some_refresh_token(past)
        may, is_reuse = self.may_refresh(token), self.is_reuse(token)
        answer, _ = together(lambda: post("token", token.form), lambda: self.end_in_database(token.under, how))
        if answer.status_code == 200:
            assert may
            self.rotated(token, [answer])
        self.end(token.under, how)
        if is_reuse and how == "app":
            # Heard or not: ask what became of it.
            token.under.is_over |= Session.objects.get(pk=token.under.row.pk).revoked_at is not None

    # --- endings

    @rule(past=past, how=st.sampled_from(ENDINGS))
    def end_a_right(self, past, how):
        right = chosen(self.codes, past).under
        self.end_in_database(right, how)
        self.end(right, how)

    def end_in_database(self, right, how):
        if how == "session":
            sessions.revoke(right.row, "revoked_by_person")
        elif how == "consent":
            consents.revoke(right.row.consent, by=BY)
        elif how == "tokens":
            integrations.revoke_tokens(right.app.row, by=BY)
        elif how == "sessions":
            consents.revoke_all(right.person.row, by=BY)
        elif how == "person":
            people.set_active(right.person.row, False, by=BY)
        else:
            integrations.set_enabled(right.app.row, False, by=BY)

    @rule(person=either, on=st.booleans())
    def switch_person(self, person, on):
        """Who comes back signs in anew: what was over stays over."""
        person = self.people[person]
        people.set_active(person.row, on, by=BY)
        person.is_active = on
        for right in [code.under for code in self.codes]:
            right.is_over |= not on and right.person is person

    @rule(app=either, on=st.booleans())
    def switch_app(self, app, on):
        """An app goes on where it was stopped."""
        integrations.set_enabled(self.apps[app].row, on, by=BY)
        self.apps[app].is_enabled = on

    @rule(on=st.booleans())
    def switch_account(self, on):
        """Its secrets work again when it comes back, its tokens do not."""
        service_accounts.set_active(self.account.row, on, by=BY)
        if on:
            self.account.is_active = True
        else:
            self.end_account()

    @rule(past=past)
    def delete_secret(self, past):
        secret = chosen(self.secrets, past)
        if not secret.is_deleted:
            service_accounts.delete_secret(secret.row, by=BY)
        secret.is_deleted = True

    @rule(past=past)
    def revoke_pat(self, past):
        pat = chosen([token for token in self.bearers if token.row], past)
        tokens.revoke(pat.row, by=BY)
        pat.is_revoked = True

    @rule(past=past, gives=st.sampled_from(["access", "refresh"]))
    def revoke_by_app(self, past, gives):
        """RFC 7009 2.1: a refresh token ends the authorization, an access token itself."""
        token = self.some_refresh_token(past)
        raw = token.raw if gives == "refresh" else token.access.raw
        assert post("revoke", {"client_id": token.under.app.row.client_id, "token": raw}).status_code == 200
        if gives == "refresh":
            token.under.is_over = True
        else:
            token.access.is_revoked = True

    @rule()
    def sweep(self):
        """Cleaning up changes nothing for anybody, but a code of long ago is no longer known as replayed."""
        sweep()
        for code in self.codes:
            code.is_forgotten |= code.ends + HOUR < self.now()

    @rule(seconds=st.sampled_from([12, 40, 5 * MINUTE, 50 * MINUTE, 6 * HOUR, 3 * DAY, 6 * DAY]))
    def let_time_pass(self, seconds):
        """Move what is stored into the past, and never to where two clocks could see two sides of an end."""
        while any(abs(end - self.now() - seconds) < CLEARANCE for end in self.ends):
            seconds += CLEARANCE
        for model, names in TIMES.items():
            model.objects.update(**{name: F(name) - timedelta(seconds=seconds) for name in names})
        self.skipped += seconds

    # --- what always holds

    @invariant()
    def every_token_opens_what_its_right_says(self):
        until(lambda: event_loop.run(open_ones(self.bearers)) == [*filter(self.opens, self.bearers)], FELT_WITHIN)


@requirement("AS-RANDOM-ORDER")
def test_no_token_outlives_its_right_and_no_honest_client_is_locked_out(transactional_db, settings, authorize):
    settings.GATEPOST_TOKEN_FAILURES_PER_MINUTE = 1_000_000  # replays are what this is about
    settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE = 1_000_000

    class OfThisTest(Machine):
        pass

    OfThisTest.authorize = staticmethod(authorize)
    run_state_machine_as_test(OfThisTest, settings=PROFILE)
