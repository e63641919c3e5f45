"""One settings file for both ways to run: embedded default and production differ only by URLs."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from core.admin_look import UNFOLD as UNFOLD
from core.env import (
    ROOT,
    data_dir,
    embedded_socket,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_number,
    env_text,
    env_url,
    env_words,
    field_encryption_keys,
    secret_key,
)

BASE_DIR = ROOT
DATA_DIR = data_dir()
DEBUG = env_bool("DEBUG")
DATABASE_URL = env_url("DATABASE_URL", schemes=("postgres", "postgresql", "sqlite"))
PRODUCTION = DATABASE_URL.startswith("postgres")
SECRET_KEY = secret_key(required=PRODUCTION)
FIELD_ENCRYPTION_KEYS = field_encryption_keys(required=PRODUCTION)

PORT = env_int("PORT", 8000, minimum=1, maximum=65535)
PUBLIC_URL = env_url("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
# The machine itself always may: health checks ask there.
ALLOWED_HOSTS = [*env_list("ALLOWED_HOSTS"), "localhost", "127.0.0.1", "[::1]"]
if public_host := urlsplit(PUBLIC_URL).hostname:
    ALLOWED_HOSTS.append(public_host)
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
CSRF_FAILURE_VIEW = "core.error_pages.csrf_failure"

PART = env_choice("DESKBELL_PART", "web", choices=("web", "worker", "beat", "sweeper"))
WEB_APPS = [
    "unfold.apps.BasicAppConfig",
    "core.admin_app.DeskbellAdminConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
]
CLOCK_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_beat",
    "core",
    "accounts",
]
WORK_APPS = [
    "django.contrib.sessions",
    "channels",
    "rest_framework",
    "axes",
    "settings_app",
    "messaging",
    "AI_model",
    "ai_chat",
    "channels_bridge",
]
# The admin's own app, without looking for admin pages: deleting a user has to find its log there.
INSTALLED_APPS = {
    "web": [*WEB_APPS, *CLOCK_APPS, *WORK_APPS],
    "worker": ["django.contrib.admin.apps.SimpleAdminConfig", *CLOCK_APPS, *WORK_APPS],
    "sweeper": ["django.contrib.admin.apps.SimpleAdminConfig", *CLOCK_APPS, *WORK_APPS],
    "beat": CLOCK_APPS,
}[PART]

MIDDLEWARE = [
    "core.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "core.urls"
WEB_THREADS = env_int("WEB_THREADS", 16, minimum=1, maximum=256)
WSGI_APPLICATION = "core.wsgi.application"
ASGI_APPLICATION = "core.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "core" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]


def database() -> dict[str, Any]:
    """SQLite that survives a power cut, or PostgreSQL through psycopg's pool."""
    if not PRODUCTION:
        path = DATABASE_URL.removeprefix("sqlite://") or str(DATA_DIR / "deskbell.sqlite3")
        pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-2000;"
        return {
            "ENGINE": "core.sqlite",
            "NAME": path,
            "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas},
        }
    parsed: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
    limits = (
        "-c statement_timeout=5000 -c lock_timeout=2000"
        " -c idle_in_transaction_session_timeout=10000"
    )
    parsed["CONN_MAX_AGE"] = 0
    parsed["CONN_HEALTH_CHECKS"] = True
    parsed.setdefault("OPTIONS", {})
    parsed["OPTIONS"] |= {
        "pool": {
            "min_size": 1,
            "max_size": env_int("DATABASE_POOL", 24, minimum=2),
            "timeout": 2.5,
        },
        "connect_timeout": 2,
        "tcp_user_timeout": 3000,
        "options": env_text("DATABASE_LIMITS", limits),
    }
    return parsed


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_url(
    "REDIS_URL", f"unix://{embedded_socket(DATA_DIR)}", schemes=("redis", "rediss", "unix")
)
BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}"
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)

QUEUES = ("inbound", "ai", "outbound", "maintenance")
WORKER_HANDS = env_int("WORKER_HANDS", 6, minimum=1, maximum=1000)  # see core.lib.hands
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Celery closes the connection around every task. With a pool that gives it back; SQLite would be
# opened anew each time, which costs 1.5 ms.
CELERY_DB_REUSE_MAX = None if PRODUCTION else 10_000
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "inbound"
CELERY_TASK_ROUTES = {
    "AI_model.tasks.answer_conversation": {"queue": "ai"},
    "AI_model.tasks.build_index": {"queue": "maintenance"},
    "ai_chat.write_answer": {"queue": "ai"},
    "ai_chat.*": {"queue": "maintenance"},
    "messaging.tasks.deliver_conversation": {"queue": "outbound"},
    "messaging.hooks.tasks.send_delivery": {"queue": "maintenance"},
    "settings_app.tasks.run_job": {"queue": "maintenance"},
    "*.maintenance.*": {"queue": "maintenance"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "priority_steps": [0],
    # The rows say what is due: a hint that dies with its worker is rung again by the sweeper.
    "ack_emulation": False,
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "live"},
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.UsernameOrEmailBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/inbox/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AXES_VERBOSE = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_USERNAME_CALLABLE = "accounts.lockout.lockout_username"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "core.api.PagePagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PARSER_CLASSES": [
        "core.api.StrictJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "core.throttling.UserThrottle",
        "core.throttling.BusinessThrottle",
    ],
    "EXCEPTION_HANDLER": "core.api.exception_handler",
}
API_USER_PER_MINUTE = env_int("API_USER_PER_MINUTE", 600, minimum=1)
API_BUSINESS_PER_MINUTE = env_int("API_BUSINESS_PER_MINUTE", 3000, minimum=1)
ASK_USER_PER_MINUTE = env_int("ASK_USER_PER_MINUTE", 120, minimum=1)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "CHECK_REVOKE_TOKEN": True,
    "UPDATE_LAST_LOGIN": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Deskbell",
    "DESCRIPTION": "Customer support that answers from your own knowledge.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "PREPROCESSING_HOOKS": ["core.schema.without_twins"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.schema.with_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ChannelKind": "messaging.models.Channel.Kind",
        "ConversationStatus": "messaging.models.Conversation.Status",
        "WebhookEvent": "messaging.hooks.shapes.EVENT_NAMES",
        "RoleEnum": "accounts.models.User.Role",
        "SessionRole": "AI_model.api.session_shapes.ROLES",
        "SourceState": "settings_app.models.KnowledgeSource.State",
        "ImportState": "settings_app.models.KnowledgeJob.State",
        "ReplayState": "AI_model.models.Replay.State",
        "AIMessageRole": "ai_chat.models.AIMessage.Role",
        "AIMessageState": "ai_chat.models.AIMessage.State",
        "ProposalState": "AI_model.models.ProposedEntry.State",
        "EndpointKind": "AI_model.models.Endpoint.Kind",
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "core" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("TRUST_PROXY") else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

MEDIA_ROOT = Path(env_text("MEDIA_ROOT", str(DATA_DIR / "media")))  # private: no URL serves it
MEDIA_MAX_BYTES = env_int("MEDIA_MAX_MB", 20, minimum=1, maximum=200) * 1024 * 1024
TELEGRAM_API_BASE = env_url("TELEGRAM_API_BASE", "https://api.telegram.org")
TELEGRAM_SENDS_PER_SECOND = env_number("TELEGRAM_SENDS_PER_SECOND", 30, minimum=0.01)
TELEGRAM_CHAT_SENDS_PER_SECOND = env_number("TELEGRAM_CHAT_SENDS_PER_SECOND", 1, minimum=0.01)
INSTAGRAM_GRAPH_BASE = env_url("INSTAGRAM_GRAPH_BASE")  # empty = Meta's own, by flavour
INSTAGRAM_GRAPH_VERSION = env_text("INSTAGRAM_GRAPH_VERSION", "v26.0")
INSTAGRAM_APP_SECRETS = env_list("INSTAGRAM_APP_SECRET")  # any of them may sign a delivery
INSTAGRAM_VERIFY_TOKEN = env_text("INSTAGRAM_VERIFY_TOKEN")
INSTAGRAM_SENDS_PER_SECOND = env_number("INSTAGRAM_SENDS_PER_SECOND", 100, minimum=0.01)

GEMINI_API_KEY = env_text("GEMINI_API_KEY")
GEMINI_API_BASE = env_url("GEMINI_API_BASE", "https://generativelanguage.googleapis.com")
GEMINI_SDK = env_choice(
    "GEMINI_SDK", "google-genai", choices=("google-genai", "google-generativeai")
)
GEMINI_MODEL = env_text("GEMINI_MODEL", "gemini-3.5-flash-lite")
GEMINI_READS = env_words("GEMINI_READS", "images,audio", choices=("images", "audio"))
OPENAI_API_KEY = env_text("OPENAI_API_KEY")
OPENAI_BASE_URL = env_url("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_MODEL = env_text("OPENAI_MODEL", "gpt-6-luna")
OPENAI_MAX_TOKENS = env_int("OPENAI_MAX_TOKENS", 1024, minimum=1)
OPENAI_TEMPERATURE = env_number("OPENAI_TEMPERATURE", 0.3, maximum=2)
OPENAI_READS = env_words("OPENAI_READS", "images", choices=("images", "audio"))
ANTHROPIC_API_KEY = env_text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = env_url("ANTHROPIC_BASE_URL", "https://api.anthropic.com")
ANTHROPIC_MODEL = env_text("ANTHROPIC_MODEL", "claude-haiku-5-5")
ANTHROPIC_READS = env_words("ANTHROPIC_READS", "images", choices=("images",))
EMBEDDED_ANSWERS = env_bool("EMBEDDED_ANSWERS", True)
TRUST_PRIVATE_ENDPOINTS = env_bool("TRUST_PRIVATE_ENDPOINTS")
CRAWL_PAUSE_MS = env_int("CRAWL_PAUSE_MS", 500, maximum=60_000)

REPLY_QUIET_PERIOD_MS = env_int("REPLY_QUIET_PERIOD_MS", 700, maximum=60_000)
ANSWER_DEADLINE_SECONDS = env_number("ANSWER_DEADLINE_SECONDS", 45, minimum=1, maximum=120)
CLAIM_SECONDS = env_number("CLAIM_SECONDS", 15, minimum=1, maximum=120)
INDEX_BUILD_MB = env_int("INDEX_BUILD_MB", 2048, minimum=64)  # memory of a large index's build
DEMO = env_bool("DEMO", True)

LOG_LEVEL = env_choice("LOG_LEVEL", "info", choices=("debug", "info", "warning", "error")).upper()
LOGGING_CONFIG = "core.logging.configure"
LOGGING = {"level": LOG_LEVEL}
METRICS_TOKEN = env_text("METRICS_TOKEN")
