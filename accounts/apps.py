"""People, groups, service accounts and their credentials."""

from django.apps import AppConfig

from accounts import checks  # noqa: F401 - registers the system checks


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
