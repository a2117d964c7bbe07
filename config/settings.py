"""Settings, read from the environment. docs/settings.md lists every variable; a test compares the two."""

from pathlib import Path
from urllib.parse import urlsplit

from config import env
from config.embedded.postgres import owner_url
from config.home import secret_keys

BASE_DIR = Path(__file__).resolve().parent.parent

# Where and how this deployment is reached
GATEPOST_HOME = env.path("GATEPOST_HOME", BASE_DIR / "var")
GATEPOST_PUBLIC_URL = env.text("GATEPOST_PUBLIC_URL", "http://localhost:8000").rstrip("/")
GATEPOST_TRUSTED_PROXIES = env.words("GATEPOST_TRUSTED_PROXIES")
GATEPOST_ALLOWED_ORIGINS = env.words("GATEPOST_ALLOWED_ORIGINS")
GATEPOST_SECRET_KEYS = env.words("GATEPOST_SECRET_KEYS", secret_keys(GATEPOST_HOME) or ("insecure-development-key",))
_public = urlsplit(GATEPOST_PUBLIC_URL)
IS_LOOPBACK = _public.hostname in {"localhost", "127.0.0.1", "::1"}
GATEPOST_INSECURE = env.flag("GATEPOST_INSECURE")
GATEPOST_CONFORMANCE_FIXTURES = env.text("GATEPOST_CONFORMANCE_FIXTURES")
DEBUG = env.flag("GATEPOST_DEBUG")
SECRET_KEY, *SECRET_KEY_FALLBACKS = GATEPOST_SECRET_KEYS
ALLOWED_HOSTS = [_public.hostname or "", *(["localhost", "127.0.0.1", "[::1]"] if IS_LOOPBACK else [])]

# Limits
GATEPOST_DEVICE_CODE_ENTRIES = env.integer("GATEPOST_DEVICE_CODE_ENTRIES", 10, at_least=1)
GATEPOST_MAX_BODY_BYTES = env.integer("GATEPOST_MAX_BODY_BYTES", 1_048_576, at_least=1024)
GATEPOST_METADATA_REQUESTS_PER_MINUTE = env.integer("GATEPOST_METADATA_REQUESTS_PER_MINUTE", 600, at_least=1)
GATEPOST_REFRESH_OVERLAP_SECONDS = env.integer("GATEPOST_REFRESH_OVERLAP_SECONDS", 30, at_most=60)
GATEPOST_SQL_WAIT_SECONDS = env.integer("GATEPOST_SQL_WAIT_SECONDS", 45, at_least=1)
GATEPOST_REQUESTS_PER_MINUTE = env.integer("GATEPOST_REQUESTS_PER_MINUTE", 6000, at_least=1)
GATEPOST_TOKEN_FAILURES_PER_MINUTE = env.integer("GATEPOST_TOKEN_FAILURES_PER_MINUTE", 10, at_least=1)
GATEPOST_TOKEN_REQUESTS_PER_MINUTE = env.integer("GATEPOST_TOKEN_REQUESTS_PER_MINUTE", 1200, at_least=1)
GATEPOST_UNUSED_TOKEN_DAYS = env.integer("GATEPOST_UNUSED_TOKEN_DAYS", 90)
DATA_UPLOAD_MAX_MEMORY_SIZE = GATEPOST_MAX_BODY_BYTES

INSTALLED_APPS = [
    "config",
    "mcp_endpoint",
    "connections",
    "catalog",
    "accounts",
    "audit",
    "jobs",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "accounts.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.endpoints.Endpoints",  # before all that sessions and pages need
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.NetworkAccess",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactor",
    "accounts.console.refusals.Refusals",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False  # a redirect would turn a POST into a GET (oauth.md 6)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.console.navigation.navigation",
            ],
            "builtins": ["config.console.tags"],
        },
    }
]

# Control database: DATABASE_URL, or the embedded PostgreSQL of the home
DATABASE_URL_IS_GIVEN = bool(env.text("DATABASE_URL"))
DATABASE_URL = env.text("DATABASE_URL") or owner_url(GATEPOST_HOME)
DATABASES = {"default": {**env.database(DATABASE_URL), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Broker and cache: Redis, or folders of the home and PostgreSQL
REDIS_URL = env.text("REDIS_URL")
_queue = GATEPOST_HOME / "queue"
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL") or REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.2,
    }
    if CELERY_BROKER_URL == "filesystem://"
    else {"socket_connect_timeout": 2}  # seconds: a page does not wait for a broker that is gone
)
CELERY_BROKER_CONNECTION_TIMEOUT = 2
# Holds the counters of sign-in attempts, which all processes share.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "accounts_cache"}
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(GATEPOST_HOME / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "jobs.wake", "schedule": 60.0, "options": {"expires": 50}},
    "accounts": {"task": "jobs.enqueue", "args": ["accounts.forget"], "schedule": 3600.0},
    "audit": {"task": "jobs.enqueue", "args": ["audit.seal"], "schedule": 60.0},
    "exports": {"task": "jobs.enqueue", "args": ["audit.sweep_exports"], "schedule": 3600.0},
    "catalogs": {"task": "jobs.enqueue", "args": ["catalog.refresh_all"], "schedule": 900.0},
    "statements": {"task": "jobs.enqueue", "args": ["catalog.sweep_statements"], "schedule": 300.0},
    "connections": {"task": "jobs.enqueue", "args": ["connections.sweep"], "schedule": 300.0},
    "clients": {"task": "jobs.enqueue", "args": ["connections.expire_clients"], "schedule": 3600.0},
    "tokens": {"task": "jobs.enqueue", "args": ["accounts.sweep_tokens"], "schedule": 3600.0},
    "forget": {"task": "jobs.enqueue", "args": ["jobs.forget"], "schedule": 86_400.0},
}

# Sign-in
EMAIL_URL = env.text("EMAIL_URL")
HAS_MAIL = bool(EMAIL_URL)
_mail = env.mail(EMAIL_URL) if HAS_MAIL else env.Mail()
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if HAS_MAIL else 'dummy'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.host, _mail.port, _mail.starttls, _mail.tls
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("GATEPOST_MAIL_FROM", f"gatepost@{_public.hostname}")
GATEPOST_ADMIN_SECOND_FACTOR = env.flag("GATEPOST_ADMIN_SECOND_FACTOR", default=True)
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # whoever types the address of a stranger sends them nothing
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login_failed": "50/h/ip,5/5m/key"}  # key: account and address
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = IS_LOOPBACK
MFA_TOTP_ISSUER = "Gatepost"

# Cookies, transport and content security
SESSION_COOKIE_NAME = "gatepost_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [GATEPOST_PUBLIC_URL]
SECURE_REFERRER_POLICY = "same-origin"  # with no-referrer forms send "Origin: null", which the CSRF check refuses
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if _public.scheme == "https" else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# The authorization server (oauth.md section 2)
GATEPOST_REQUIRE_RESOURCE = env.flag("GATEPOST_REQUIRE_RESOURCE", default=True)
OAUTH2_PROVIDER_APPLICATION_MODEL = "connections.AppIntegration"
OAUTH2_PROVIDER_GRANT_MODEL = "connections.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "connections.AccessToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "connections.RefreshToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "connections.IDToken"  # noqa: S105 - a model's name
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "connections.DeviceGrant"
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "connections.oauth.validator.Validator",
    "OAUTH2_SERVER_CLASS": "connections.oauth.server.Server",
    "OAUTH2_BACKEND_CLASS": "connections.oauth.server.Core",
    "ALLOW_LOCALHOST_LOOPBACK": True,
    "PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# The REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["connections.api.authentication.GrantAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.DeclaredAccess"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.api.rendering.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "accounts.api.rendering.AlwaysFirst",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PARSER_CLASSES": ["accounts.api.rendering.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "accounts.api.schema.Schema",
    "EXCEPTION_HANDLER": "accounts.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatepost API",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": GATEPOST_PUBLIC_URL}],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["accounts.api.schema.add_errors", "accounts.api.examples.add"],
}

# Files, language, time, logs
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("GATEPOST_LOG_LEVEL", "INFO")},
    # Their debug lines hold tokens.
    "loggers": {"oauthlib": {"level": "WARNING"}, "oauth2_provider": {"level": "WARNING"}},
}
