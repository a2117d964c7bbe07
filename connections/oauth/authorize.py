"""RFC 6749 4.1.1 and 4.1.2, RFC 9207: the authorization endpoint. Client and redirect URI are checked before all else."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from oauth2_provider.exceptions import FatalClientError, OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauthlib.common import Request, add_params_to_uri
from oauthlib.oauth2 import OAuth2Error

from accounts import scopes as known_scopes
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from connections import client_documents, consent_policy, consents, narrowing, origin, sessions
from connections.consents import Question
from connections.grant import Grant
from connections.models import AppIntegration, Consent
from connections.oauth import attempt, codes, errors, page, pending, targets
from connections.oauth.endpoint import Protocol, repeated_parameters
from connections.oauth.pending import Asked

PreviewTools = Callable[[Grant], Sequence[Any]]

_OWN_PARAMETERS: Final = frozenset({"gp_read_only", "gp_catalog"})
_FLAGS: Final = {"": False, "true": True, "false": False}


def no_tools(_grant: Grant) -> Sequence[Any]:
    """Know no tools: what holds until the routes are given the function that does."""
    return ()


class AuthorizeView(Protocol):
    """RFC 6749 3.1: check the request, ask the person, send them back with a code or an error."""

    action = "oauth.authorize"
    http_method_names = ["get", "post"]
    preview_tools: PreviewTools = staticmethod(no_tools)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Check the request and show the page, or answer at once where nothing is to be asked."""
        return self._answered(request, self._begun)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Take the person's answer. The form carries the handle and the choices, no parameter of the protocol."""
        return self._answered(request, self._decided)

    def _answered(self, request: HttpRequest, respond: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
        here = self.begin(request)
        here.user = request.user if isinstance(request.user, User) else None
        try:
            response = respond(request)
        except FatalClientError as refusal:
            response = self._refused(request, refusal.oauthlib_error)
        except OAuthToolkitError as refusal:
            response = self._sent_back(request, refusal.oauthlib_error)
        response.headers["Cache-Control"] = "no-store"
        return response

    # RFC 6749 4.1.1: the request

    def _begun(self, request: HttpRequest) -> HttpResponseBase:
        _check_parameters(request)
        prompt = frozenset(request.GET.get("prompt", "").split())
        is_anonymous = not request.user.is_authenticated
        if is_anonymous and "none" not in prompt and client_documents.is_address(request.GET.get("client_id", "")):
            return redirect_to_login(request.get_full_path())  # strangers make the server fetch nothing
        names, credentials = self.validate_authorization_request(request)
        inner: Request = credentials["request"]
        if is_anonymous:
            if "none" in prompt:
                raise _error(inner, errors.LoginRequired, "Nobody is signed in.", reason="login_required")
            return redirect_to_login(request.get_full_path())
        if inner.client.waits_for_approval:
            return self._waits(request, inner, prompt)
        asked = self._asked(request, inner, tuple(names))
        question = _question(request, asked)
        # A stored consent knows nothing of the catalog that a link fixes.
        must_ask = prompt & {"consent", "login"} or asked.catalog
        answer = None if must_ask else consent_policy.standing_answer(question)
        if answer is not None:
            return self._granted(request, asked, answer)
        if "none" in prompt:
            raise _error(inner, errors.ConsentRequired, "The person has to be asked.", reason="consent_required")
        fresh = "login" in prompt or consents.is_powerful(question)
        show = recently_authenticated(self._shown) if fresh else self._shown
        return show(request, asked, question)

    def _asked(self, request: HttpRequest, inner: Request, names: tuple[str, ...]) -> Asked:
        if not codes.is_challenge(inner.code_challenge or ""):
            description = "code_challenge must be the 43 characters of a base64url SHA-256 digest."
            raise _error(inner, errors.InvalidRequest, description, reason="code_challenge_malformed")
        client: AppIntegration = inner.client
        missing = [name for name in client.user_authorized_scopes if not known_scopes.covers(frozenset(names), name)]
        if missing:
            description = f"This client needs these scopes too: {' '.join(missing)}."
            raise _error(inner, errors.InvalidScope, description, reason="required_scope_missing")
        parameters = [(name, value) for name, values in request.GET.lists() for value in values]
        try:
            resource = targets.asked(inner, parameters) or targets.default(inner)
        except OAuth2Error as error:
            raise OAuthToolkitError(error=error) from error
        if not narrowing.may_use(_person(request), resource):
            raise OAuthToolkitError(error=targets.invisible(inner))
        return Asked(
            client_id=client.client_id,
            scopes=names,
            resource=resource,
            redirect_uri=inner.redirect_uri,
            state=inner.state,
            code_challenge=inner.code_challenge,
            read_only=_FLAGS[request.GET.get("gp_read_only", "")],
            catalog=request.GET.get("gp_catalog", ""),
        )

    def _shown(self, request: HttpRequest, asked: Asked, question: Question, problem: str = "") -> HttpResponseBase:
        tools = self.preview_tools(page.hypothetical_grant(question))
        handle = pending.keep(asked, question.user, request)
        return page.show(request, asked, question, handle=handle, tools=tools, problem=problem)

    def _waits(self, request: HttpRequest, inner: Request, prompt: frozenset[str]) -> HttpResponseBase:
        """The client registered itself, and no admin has looked at it yet."""
        if "none" in prompt:
            raise _error(inner, errors.Declined, "An admin has to approve this app.", reason="client_waits")
        here = attempt.at(request)
        here.reason = "client_waits"
        with transaction.atomic():
            here.write("denied")
        return render(request, "connections/authorize_waiting.html", {"client": inner.client}, status=403)

    # The person's answer

    def _decided(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        with transaction.atomic():
            asked = pending.take(request.POST.get("handle", ""), _person(request), request)
        if asked is None or asked.device is not None:
            attempt.at(request).reason = "request_over"
            description = "This page was answered already, or is older than ten minutes. Begin again in the app."
            raise FatalClientError(error=errors.UnusableRequest(description=description))
        question = _question(request, asked)
        narrowed = page.answer(request, asked, question)
        if narrowed is None:
            raise _declined(request, asked, "The person did not allow it.", reason="declined")
        if narrowed.catalogs == ():
            return self._shown(request, asked, question, problem="Choose at least one catalog.")
        missing = set(question.integration.user_authorized_scopes) - set(narrowed.scopes)
        if not all(known_scopes.covers(frozenset(narrowed.scopes), name) for name in missing):
            raise _declined(
                request, asked, "The person did not allow all that the app needs.", reason="not_all_allowed"
            )
        return self._granted(request, asked, lambda: consents.allow(question, narrowed))

    # RFC 6749 4.1.2: the response

    def _granted(self, request: HttpRequest, asked: Asked, consented: Callable[[], Consent]) -> HttpResponseBase:
        here = attempt.at(request)
        with transaction.atomic():
            consent = consented()
            here.session = session = sessions.begin(consent, _person(request))
            here.scopes = tuple(session.scopes)
            location = self.get_oauthlib_core().code_location(request, asked, session.scopes)
            if here.code is None:  # oauthlib then made an error of the location
                raise _declined(request, asked, "The app was changed meanwhile. Begin again.", reason="client_changed")
            here.details |= {"resource": asked.resource, "redirect_uri": asked.redirect_uri}
            here.details |= {"pre_approved": consent.pre_approved}
            here.write("allowed")
        return _redirect(request, location, here.client)

    def _sent_back(self, request: HttpRequest, error: OAuth2Error) -> HttpResponseBase:
        """RFC 6749 4.1.2.1: the error goes to the client, by redirect."""
        _write_refusal(request, error)
        client = attempt.at(request).client
        return _redirect(request, add_params_to_uri(error.redirect_uri, error.twotuples), client)

    def _refused(self, request: HttpRequest, error: OAuth2Error) -> HttpResponseBase:
        """RFC 6749 4.1.2.1: client or redirect URI cannot be trusted, so the person sees a page and is sent nowhere."""
        _write_refusal(request, error)
        return render(request, "connections/authorize_refused.html", {"error": error}, status=400)


def _write_refusal(request: HttpRequest, error: OAuth2Error) -> None:
    here = attempt.at(request)
    here.reason = here.reason or error.error
    here.session = None
    with transaction.atomic():
        here.write("denied")


def _redirect(request: HttpRequest, location: str, client: AppIntegration | None) -> HttpResponseBase:
    # RFC 9207 2: the issuer is named in every response, so that a client that uses several servers is not confused.
    schemes = client.get_allowed_schemes() if client else []
    response = OAuth2ResponseRedirect(add_params_to_uri(location, [("iss", origin.of(request))]), schemes)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _check_parameters(request: HttpRequest) -> None:
    """RFC 6749 3.1: no parameter more than once. A misspelt one of ours must not widen what it was to narrow."""
    repeated = repeated_parameters(request.GET.lists())
    misspelt = [name[:50] for name in request.GET if name.startswith("gp_") and name not in _OWN_PARAMETERS]
    if repeated:
        description = f"The parameter {repeated[0]} occurs more than once."
    elif misspelt:
        description = f"There is no parameter {misspelt[0]}."
    elif request.GET.get("gp_read_only", "") not in _FLAGS:
        description = "gp_read_only must be true or false."
    elif "access_token" in request.GET:
        description = "Never send a token in the URL."
    elif any("\x00" in value for _, values in request.GET.lists() for value in values):
        description = "A parameter holds a null character."
    else:
        return
    raise FatalClientError(error=errors.UnusableRequest(description=description))


def _question(request: HttpRequest, asked: Asked) -> Question:
    here = attempt.at(request)
    if here.client is None:
        here.client = AppIntegration.objects.filter(
            client_id=asked.client_id, enabled=True, waits_for_approval=False
        ).first()
    if here.client is None:
        raise FatalClientError(error=errors.UnusableRequest(description="The app was deleted or switched off."))
    return Question(_person(request), here.client, asked.scopes, asked.resource, asked.redirect_uri)


def _person(request: HttpRequest) -> User:
    """Return who is signed in. Only people can sign in."""
    return cast(User, request.user)


def _error(inner: Request, error: type[OAuth2Error], description: str, *, reason: str) -> OAuthToolkitError:
    return OAuthToolkitError(error=attempt.refusal(inner, error, description, reason=reason))


def _declined(request: HttpRequest, asked: Asked, description: str, *, reason: str) -> OAuthToolkitError:
    attempt.at(request).reason = reason
    return OAuthToolkitError(
        error=errors.Declined(description=description, state=asked.state), redirect_uri=asked.redirect_uri
    )
