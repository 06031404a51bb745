"""All settings of the portal, from the environment, strictly read.

A variable that is set but unusable stops the program with its name; nothing falls back silently.
The variables are listed in the README; Alipay's credentials are rows, not settings.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
import structlog
from celery.schedules import crontab
from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import get_random_string

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

env = environ.Env()


def _fernet_key() -> str:
    return Fernet.generate_key().decode()


#: The secrets nobody gave, so that they were made under ``var/`` (a check names them).
SECRETS_MADE_HERE: list[str] = []


def _given(name: str) -> str:
    """A secret from ``NAME``, or from the file that ``NAME_FILE`` names; empty without either."""
    if os.environ.get(name):
        return os.environ[name]
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return ""
    if not Path(path).exists():
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which does not exist.")
    return Path(path).read_text().strip()


def _secret(name: str, make: Callable[[], str]) -> str:
    """A secret that was given, or one made once under ``var/``."""
    given = _given(name)
    if given:
        return given
    SECRETS_MADE_HERE.append(name)
    path = VAR_DIR / name.lower()
    if not path.exists():
        _write_once(path, make())
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all; where two processes try, the first one's stays."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()


def _seconds(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number of seconds within bounds."""
    given: int = env.int(name, default=default)
    if not least <= given <= most:
        raise ImproperlyConfigured(f"{name} must be from {least} to {most} seconds, not {given}.")
    return given


def _public_url() -> str:
    url: str = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ImproperlyConfigured(f"PUBLIC_URL must be an http(s) address, not {url!r}.")
    return url.rstrip("/")


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _secret("SECRET_KEY", lambda: get_random_string(64))
MASTER_KEY = _secret("MASTER_KEY", _fernet_key)
PUBLIC_URL = _public_url()
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", urlsplit(PUBLIC_URL).hostname]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "lucide",
    "merchant_portal.apps.PortalConfig",
    "merchant_portal.accounts.apps.AccountsConfig",
    "qrcodes",
    "payments",
    "refunds",
    "reconciliation",
    "merchant_portal.reports.apps.ReportsConfig",
]

MIDDLEWARE = [
    "merchant_portal.middleware.RequestLogMiddleware",
    "merchant_portal.middleware.AlipaysDoorMiddleware",
    "payments.screen_door.NothingNewMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "merchant_portal.middleware.OwnLanguageMiddleware",
    "merchant_portal.middleware.SignInAgainMiddleware",
    "merchant_portal.middleware.RightMissingMiddleware",
]

ROOT_URLCONF = "merchant_portal.urls"
WSGI_APPLICATION = "merchant_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ]
            if not DEBUG
            else [
                "django.template.loaders.filesystem.Loader",
                "django.template.loaders.app_directories.Loader",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "merchant_portal.templatetags.portal",
                "merchant_portal.templatetags.pills",
                "merchant_portal.templatetags.times",
                "merchant_portal.templatetags.words",
                "merchant_portal.templatetags.looking",
            ],
        },
    }
]

# ---- Database -------------------------------------------------------------------------------

_database = env.db_url_config(
    env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
)
DATABASES = {"default": _database}
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # Money wants FULL; IMMEDIATE takes the write lock at the start instead of failing midway.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    # Connecting anew for each request was measured at a fifth of the throughput.
    _database["CONN_MAX_AGE"] = 600
    _database["CONN_HEALTH_CHECKS"] = True
    # From its third run on a connection, what merchant_portal.rows prepares is not planned again.
    _database.setdefault("OPTIONS", {}).setdefault("prepare_threshold", 2)
else:
    raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- People ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "merchant_portal.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "merchant_portal.adapters.ClosedSignup"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# ---- Safety ---------------------------------------------------------------------------------

_secure = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_SSL_REDIRECT = False  # the proxy's matter; the notify address must never redirect
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
#: How many proxies stand in front: sign-in and pairing count wrong tries per address, and believe
#: X-Forwarded-For of these alone.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

#: Where money goes back a person types their PIN or password. After so many wrong ones in a row
#: the PIN opens nothing until the password is used; after more, everybody pauses for a while.
STEP_UP_PIN_TRIES = 5
STEP_UP_TRIES = 10
STEP_UP_PAUSE_SECONDS = 300

# ---- Languages, time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
#: Compiled from locale/ when a process starts: merchant_portal/languages.py.
LOCALE_PATHS = [VAR_DIR / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = _secure
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 31_536_000
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True

# ---- Static files ---------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if (VAR_DIR / "static" / "staticfiles.json").exists() and not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# ---- Jobs -----------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_TIME_LIMIT = 300
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": 3600}
else:
    _broker_dir = VAR_DIR / "broker"
    for _part in ("messages", "processed", "control"):
        (_broker_dir / _part).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "wholefile://localhost//"  # merchant_portal/broker.py
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": _broker_dir / "messages",
        "data_folder_out": _broker_dir / "messages",
        "processed_folder": _broker_dir / "processed",
        "control_folder": _broker_dir / "control",
        # 0.1 was measured at 64 ms from button to task; the default second at 465 ms.
        "polling_interval": 0.1,
    }
_TICK = timedelta(seconds=2)
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": every, "options": {"expires": every.total_seconds() * 5}}
    for name, every in (
        ("merchant_portal.tasks.note_clock_tick", timedelta(seconds=10)),
        ("merchant_portal.tasks.apply_waiting_notifications", _TICK),
        ("merchant_portal.tasks.verify_quarantine", timedelta(seconds=10)),
        ("qrcodes.tasks.poll_due_codes", _TICK),
        ("qrcodes.tasks.poll_due_enrolments", timedelta(seconds=10)),
        ("payments.tasks.poll_due_payments", _TICK),
        ("payments.tasks.run_due_lookups", _TICK),
        ("payments.tasks.submit_due_cancels", _TICK),
        ("payments.tasks.watch_silence", timedelta(seconds=10)),
        ("payments.tasks.keep_day_sums", timedelta(minutes=2)),
        ("refunds.tasks.submit_due_refunds", _TICK),
        ("refunds.tasks.poll_due_refunds", _TICK),
        ("reconciliation.tasks.import_due_statements", _TICK),
        ("reconciliation.tasks.expect_statements", timedelta(minutes=5)),
        ("reconciliation.tasks.reconcile_due_days", timedelta(seconds=5)),
        ("merchant_portal.reports.tasks.make_due_reports", timedelta(seconds=5)),
    )
}
# From 10:15 to 19:45 GMT+8, in UTC: files are made between 9:00 and 10:00
# (docs.antom.com/ac/globalbarcode/reconciliation).
CELERY_BEAT_SCHEDULE["reconciliation.tasks.fetch_statements"] = {
    "task": "reconciliation.tasks.fetch_statements",
    "schedule": crontab(minute="15,45", hour="2-11"),
    "options": {"expires": 1800},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")

# ---- API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "qrcodes.permissions.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "merchant_portal.api.problem_response",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Merchant portal",
    "DESCRIPTION": "Stores, counters, codes, notifications, payments and money going back.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "merchant_portal.api_docs.describe_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CodeState": "qrcodes.states.CodeState",
        "CodeKind": "qrcodes.states.CodeKind",
        "CodeCall": "qrcodes.states.CodeCall",
        "CodeQuestion": "qrcodes.states.CodeQuestion",
        "ReviewState": "qrcodes.states.ReviewState",
        "ReviewQuestion": "qrcodes.states.ReviewQuestion",
        "ReviewCall": "qrcodes.states.ReviewCall",
        "PaymentState": "payments.states.PaymentState",
        "PaymentQuestion": "payments.states.Question",
        "Product": "payments.states.Product",
        "SaleProduct": "payments.api_shapes.SALE_PRODUCTS",
        "SaleOutcome": "payments.api_shapes.SALE_OUTCOMES",
        "AskedOutcome": "payments.api_shapes.ASKED_OUTCOMES",
        "RefundState": "refunds.states.RefundState",
        "RefundOrigin": "refunds.states.RefundOrigin",
        "CancelState": "payments.states.CancelState",
        "GiveBackReason": "payments.states.GiveBackReason",
        "AskedReason": "payments.states.ASKED_REASONS",
        "GiveBackQuestion": "payments.states.GiveBackQuestion",
        "NotificationState": "payments.states.NotificationState",
        "LookupState": "payments.states.LookupState",
        "FileState": "reconciliation.states.FileState",
        "DiscrepancyState": "reconciliation.states.DiscrepancyState",
        "VerdictWord": "reconciliation.states.VerdictWord",
        "LineKind": "reconciliation.states.LineKind",
        "Resolution": "reconciliation.states.Resolution",
        "EntryKind": "payments.models.EntryKind",
        "FileFormat": "merchant_portal.reports.states.FileFormat",
        "ReportJobState": "merchant_portal.reports.states.JobState",
        "LedgerAccount": "payments.models.LedgerAccount",
        "SignType": "merchant_portal.accounts.models.SignType",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

#: How many questions to the API may wait for a payment's end at once, in each process: each keeps
#: one of its threads (8 in the Procfile). Those beyond are answered at once.
API_WAITS_AT_ONCE = 4

# ---- Alipay: our choices where its pages are silent ------------------------------------------

#: Seconds we wait for the gateway to answer.
GATEWAY_TIMEOUT_SECONDS = env.float("GATEWAY_TIMEOUT_SECONDS", default=10.0)
#: Seconds until a question without an answer is asked again; after the last a person is asked.
ASK_LADDER_SECONDS = [5, 15, 60, 180, 600, 1800, 3600, 10_800, 21_600]
#: "Wait for the time-out, 3 minutes by default, then ask again" (overseas.query): seconds until
#: we ask again while the buyer has not finished; after the last a person is asked.
WAIT_BUYER_LADDER_SECONDS = [180, 180, 180, 600, 1800, 3600, 10_800]
#: Seconds until a code's call without an answer is tried again.
CODE_LADDER_SECONDS = [3, 10, 30, 120, 600, 1800, 3600]
#: Seconds until a store's review is asked about again. It takes 5 to 10 minutes as a rule and at
#: most 3 working days (offline_maintain); five days leave room for a week-end, then a person is
#: asked.
REVIEW_LADDER_SECONDS = [120, 180, 300, 600, 1800, 3600, 10_800, *[21_600] * 19]
#: Seconds until money on its way back is sent or asked about again; after the last a person is.
GIVE_BACK_LADDER_SECONDS = [3, 10, 30, 60, 180, 600, 1800, 3600, 10_800, 21_600]
#: Whether refunds are asked for so that "yes" means paid back (is_sync=Y), or only noted down.
REFUNDS_SYNC = env.bool("REFUNDS_SYNC", default=True)
#: When a refund that Alipay has only noted down is asked about: the night's run (23:00 to 05:00
#: GMT+8) is over then; and, in seconds, one that runs at once.
REFUND_NIGHT_OVER = time(5, 10)
REFUND_SAME_DAY_SECONDS = 60
#: By the JSON API, while it is young.
REFUND_POLL_SECONDS = 5
#: What a counter begins. Seconds for the answer of the call that begins it; after that silence is
#: asked about (docs.antom.com/ac/ams_upm/bp).
SALE_ANSWER_SECONDS = 5.0
#: A scan: asked about every few seconds, about a minute in all, then given up
#: (docs.antom.com/ac/globalbarcode/practice).
BARCODE_POLL_SECONDS = 3
#: Until when the JSON API may still take a scan's money (docs.antom.com/ac/ams/upm).
BARCODE_EXPIRY_SECONDS = 180
BARCODE_WAIT_SECONDS = _seconds("BARCODE_WAIT_SECONDS", 60, least=10, most=BARCODE_EXPIRY_SECONDS)
#: An order's code: its life in minutes (1 to 30); when it is first asked about in either
#: generation of the interface; then every few seconds, and so long beyond its end
#: (global.alipay.com/docs/ac/ams_oc/bp, docs.antom.com/ac/transactionqrcode).
ORDER_CODE_MINUTES = 3
ORDER_CODE_FIRST_POLL_SECONDS = {"gateway": 60, "json": 15}
ORDER_CODE_POLL_SECONDS = 5
ORDER_CODE_GRACE_SECONDS = 10
#: Seconds between the cancels that end a sale: at least 5 apart, five at most, then a person
#: (global.alipay.com/docs/ac/global/acquire_cancel).
SALE_CANCEL_LADDER_SECONDS: list[int] = env.list(
    "SALE_CANCEL_LADDER_SECONDS", cast=int, default=[5, 10, 30, 60]
)
if not 1 <= len(SALE_CANCEL_LADDER_SECONDS) <= 4 or min(SALE_CANCEL_LADDER_SECONDS) < 5:
    raise ImproperlyConfigured(
        "SALE_CANCEL_LADDER_SECONDS must be one to four numbers of at least 5, separated by commas."
    )
#: After a sale was ended unpaid Alipay is asked once more.
SALE_LAST_LOOK_SECONDS = 15
#: Seconds until a notification whose effect failed is applied again.
APPLY_LADDER_SECONDS = [5, 15, 60, 300, 900, 3600, 10_800, 43_200]
#: How long a claimed row stays with the one who claimed it, in seconds.
LEASE_SECONDS = 60
#: Quarantine: bytes of one body and bodies per account; what is beyond is only counted.
QUARANTINE_BODY_BYTES = 65_536
QUARANTINE_BODIES = 1_000
#: The most bytes a notification may have; the gateway's own are under 10 kB.
NOTIFICATION_BODY_BYTES = 262_144

#: Drills end the program at this point (merchant_portal/crashpoints.py); never where money moves.
CRASH_AT = env.str("CRASH_AT", default="") if DEBUG else ""

# ---- Nightly files --------------------------------------------------------------------------

#: The bytes of every delivery, kept for good.
STATEMENTS_DIR = VAR_DIR / "statements"
#: The largest file that is taken; a million lines have about 200 MB.
STATEMENT_FILE_BYTES = 1_000_000_000
#: The largest file that comes through a page or the API; larger ones by command or folder.
STATEMENT_UPLOAD_BYTES = 250_000_000
#: Files up to this size are read while somebody waits for the page, larger ones by a worker.
STATEMENT_READ_AT_ONCE_BYTES = 2_000_000
#: A day's file is awaited from this time (GMT+8) of the next day on, and late from the other.
STATEMENT_EXPECTED_FROM = time(10, 15)
STATEMENT_LATE_FROM = time(14, 0)
#: How many days back files are awaited and looked for: Alipay's server keeps them as long.
STATEMENT_DAYS_BACK = 7
#: Merchant numbers whose files of the JSON products write 725 for 7.25 dollars, as old feeds do.
STATEMENT_SMALLEST_UNITS = frozenset(env.list("STATEMENT_SMALLEST_UNITS", default=[]))
#: Seconds until a stored file whose bytes are gone is looked for again.
STATEMENT_RETRY_SECONDS = 300

# ---- Reports --------------------------------------------------------------------------------

#: Where workbooks are kept, and for how many days.
REPORT_FOLDER = VAR_DIR / "reports"
REPORT_FILE_DAYS = 7

# ---- Posters, stickers, silence ----------------------------------------------------------------

#: Fonts that may be embedded for Chinese: the first one here that has TrueType outlines. One's own
#: may be put at the first place.
POSTER_FONTS = (
    VAR_DIR / "poster-font.ttf",
    Path("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
    Path("/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/Library/Fonts/Arial Unicode.ttf"),
    Path("/System/Library/Fonts/Supplemental/Arial Unicode.ttf"),
    Path("C:/Windows/Fonts/simhei.ttf"),
)
#: The most codes in one file of posters.
POSTERS_IN_ONE_FILE = 500
#: Seconds until a counter's silence is looked at again, at most; and while its alarm rings.
SILENCE_LOOK_SECONDS = 300
SILENCE_RINGING_SECONDS = 20
#: The largest logo, and the largest photo of a sticker, that are taken.
LOGO_BYTES = 2_000_000
PHOTO_BYTES = 15_000_000

# ---- Watching -------------------------------------------------------------------------------

#: Who may read /metrics: a bearer of this token; without one, only this very machine.
METRICS_TOKEN = _given("METRICS_TOKEN")
#: Seconds without a tick after which the clock counts as stopped.
CLOCK_SILENT_SECONDS = 60

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="line")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}.")
_annotate: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_annotate,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
# Tracebacks without the values of variables: a key or a body could be among them.
_render: list[structlog.typing.Processor] = (
    [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    if LOG_FORMAT == "json"
    else [
        structlog.dev.ConsoleRenderer(
            colors=False,
            pad_event_to=0,
            pad_level=False,
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render],
            "foreign_pre_chain": _annotate,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Each address is logged once, by its name, in merchant_portal.middleware.
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # redirecting is the proxy's matter (see SECURE_SSL_REDIRECT)
    "security.W005",  # subdomains are the domain owner's decision
    "security.W021",  # and so is preloading
]
