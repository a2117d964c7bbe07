"""Console pages of accounts: start, sign-in, own tokens, people, network access, service accounts."""

from allauth.account import views as sign_in
from django.urls import include, path

from accounts.console import (
    first_run,
    home,
    network_lists,
    password_link,
    people,
    service_account_keys,
    service_accounts,
    theme,
    tokens,
)
from accounts.reauthentication import recently_authenticated

urlpatterns = [
    path("", home.home, name="console-home"),
    path("first-run/<str:token>", first_run.sign_in, name="console-first-run"),
    path("theme", theme.switch, name="console-theme"),
    path("tokens", tokens.token_list, name="console-tokens"),
    path("tokens/<str:token_id>/created", tokens.created, name="console-token-created"),
    path("tokens/<str:token_id>/revoke", tokens.revoke, name="console-token-revoke"),
    # django-allauth, without self-registration and without changing one's own e-mail address: admins do both.
    path("sign-in", sign_in.login, name="account_login"),
    path("sign-in/link/<str:token>", password_link.choose, name="console-password-link"),
    path("sign-in/forgotten", password_link.forgotten, name="account_reset_password"),
    path("sign-in/forgotten/sent", sign_in.password_reset_done, name="account_reset_password_done"),
    path("sign-in/confirm", sign_in.reauthenticate, name="account_reauthenticate"),
    path("sign-in/closed", sign_in.signup, name="account_signup"),
    path("sign-in/inactive", sign_in.account_inactive, name="account_inactive"),
    path("sign-out", sign_in.logout, name="account_logout"),
    path("password", sign_in.password_change, name="account_change_password"),
    path("password/set", recently_authenticated(sign_in.password_set), name="account_set_password"),
    path("security/", include("allauth.mfa.urls")),
    path("settings/people", people.people_list, name="console-people"),
    path("settings/people/add", people.add, name="console-person-add"),
    path("settings/people/<int:person_id>/link", people.make_link, name="console-person-link"),
    path("settings/people/<int:person_id>/link/made", people.link_made, name="console-person-link-made"),
    path("settings/network-access", network_lists.overview, name="console-network-access"),
    path("settings/network-access/<str:surface>/add", network_lists.add, name="console-network-list-add"),
    path("settings/network-access/<str:surface>/confirm", network_lists.confirm, name="console-network-trial-confirm"),
    path("settings/network-access/<str:surface>/undo", network_lists.undo, name="console-network-trial-undo"),
    path("settings/network-access/<uuid:list_id>/edit", network_lists.edit, name="console-network-list-edit"),
    path("settings/network-access/<uuid:list_id>/delete", network_lists.delete, name="console-network-list-delete"),
    path("settings/service-accounts/add", service_accounts.add, name="console-service-account-add"),
    path("settings/service-accounts/<uuid:application_id>", service_accounts.detail, name="console-service-account"),
    path(
        "settings/service-accounts/<uuid:application_id>/secrets/add",
        service_accounts.add_secret,
        name="console-service-account-secret-add",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/secrets/<uuid:secret_id>/created",
        service_accounts.secret_created,
        name="console-service-account-secret-created",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/secrets/<uuid:secret_id>/delete",
        service_accounts.delete_secret,
        name="console-service-account-secret-delete",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/keys/add",
        service_account_keys.add,
        name="console-service-account-key-add",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/keys/<uuid:key_id>/delete",
        service_account_keys.delete,
        name="console-service-account-key-delete",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/disable",
        service_accounts.disable,
        name="console-service-account-disable",
    ),
    path(
        "settings/service-accounts/<uuid:application_id>/enable",
        service_accounts.enable,
        name="console-service-account-enable",
    ),
]
