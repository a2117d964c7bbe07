"""Models of accounts, one module for each kind of thing."""

from accounts.models.account import Account
from accounts.models.answers import IdempotentAnswer
from accounts.models.networks import NetworkAccessList
from accounts.models.principals import Group, User
from accounts.models.secrets import (
    CredentialUse,
    OneTimeLink,
    PersonalAccessToken,
    ServiceAccountKey,
    ServiceAccountSecret,
)

__all__ = [
    "Account",
    "CredentialUse",
    "Group",
    "IdempotentAnswer",
    "NetworkAccessList",
    "OneTimeLink",
    "PersonalAccessToken",
    "ServiceAccountKey",
    "ServiceAccountSecret",
    "User",
]
