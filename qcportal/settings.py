"""All settings, in Django's own order. Every variable read stands in .env.example."""

from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from qcportal import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Core
DEBUG = env.flag("DEBUG", default=False)
# The demo runs on its own key, shows the demo log-ins and says so on every page.
DEMO = env.flag("DEMO", default=False)
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not (DEBUG or DEMO):
        raise ImproperlyConfigured("SECRET_KEY is not set (see .env.example)")
    SECRET_KEY = "demo-only-key-never-used-in-production"  # noqa: S105 - DEBUG/DEMO only
# Personal data is encrypted under these keys: the first encrypts, all of them open.
FIELD_KEYS = env.keys("FIELD_KEYS", derive_from=SECRET_KEY if DEBUG or DEMO else "")
# Its own key: equal numbers are found by it without opening any.
FIELD_INDEX_KEY = env.keys(
    "FIELD_INDEX_KEY", derive_from=SECRET_KEY if DEBUG or DEMO else ""
)[0]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Links in papers, mails and QR codes are made from this, never from a request.
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "captcha",
    "qcportal",
    "qcportal.ui",
    "qcportal.audit",
    "qcportal.accounts",
    "qcportal.documents",
    "qcportal.campaigns",
    "qcportal.seals",
    "qcportal.signatures",
    "qcportal.inbox",
    "qcportal.entrance",
    "qcportal.privacy",
    "qcportal.registrations",
    "qcportal.notices",
    "qcportal.people",
    "qcportal.imports",
    "submissions",
    "recommenders",
    "reviews",
    "conduct",
]

MIDDLEWARE = [
    "qcportal.ui.middleware.began_at",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "qcportal.ui.middleware.client_address",
    "qcportal.ui.middleware.refuse_control_characters",
    "qcportal.ui.middleware.look_only_once",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "qcportal.accounts.middleware.actor",
    "qcportal.entrance.middleware.second_factor_first",
    "django.contrib.messages.middleware.MessageMiddleware",
    "qcportal.entrance.middleware.last_seen",
    "qcportal.people.middleware.stand_in",
    "qcportal.privacy.middleware.consent",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "qcportal.ui.middleware.private_pages",
    "qcportal.ui.middleware.refused",
]

ROOT_URLCONF = "qcportal.urls"
WSGI_APPLICATION = "qcportal.wsgi.application"
ASGI_APPLICATION = "qcportal.asgi.application"

# --- Templates and forms
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
                "qcportal.frame.page_frame",
            ],
            "builtins": [
                "django.templatetags.static",
                "qcportal.ui.templatetags.ui",
            ],
        },
    }
]
FORM_RENDERER = "qcportal.ui.forms.PortalRenderer"

# --- Database: DATABASE_URL is PostgreSQL; unset is SQLite in VAR_DIR.
_DATABASE_URL = env.text("DATABASE_URL")
if _DATABASE_URL:
    DATABASES = {"default": environ.Env.db_url_config(_DATABASE_URL)}
    DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
    if "postgresql" in DATABASES["default"]["ENGINE"]:
        DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
            "-c lock_timeout=5000 -c statement_timeout=60000"
            " -c idle_in_transaction_session_timeout=60000"
        )
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "portal.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
                    "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=27103364;"
                    "PRAGMA cache_size=-20000;"
                ),
            },
            "CONN_MAX_AGE": None,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache",
    }
}

# --- People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
    # Lets nobody in; says where an application stands.
    "qcportal.registrations.backends.ApplicantBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "qcportal.accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "accounts:start"
LOGOUT_REDIRECT_URL = "home"
ANONYMOUS_USER_NAME = None  # guardian: nobody is nobody, not a row
# Seats of the association and seats with the seal need a second factor.
REQUIRE_SECOND_FACTOR = env.flag("REQUIRE_SECOND_FACTOR", default=not (DEBUG or DEMO))
# allauth carries the sign-in (stages, second factor, sessions); the pages are ours and
# its own routes are closed (qcportal.entrance).
ACCOUNT_ADAPTER = "qcportal.entrance.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "qcportal.entrance.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
CAPTCHA_LENGTH = 4
# Drawn twice as large as it is shown (templates/entrance/captcha.html).
CAPTCHA_FONT_SIZE = 56
CAPTCHA_IMAGE_SIZE = (260, 92)
CAPTCHA_LETTER_ROTATION = (-20, 20)
CAPTCHA_FOREGROUND_COLOR = "#0b3a42"
CAPTCHA_NOISE_FUNCTIONS = ("captcha.helpers.noise_arcs",)
CAPTCHA_TIMEOUT = 10  # minutes

# Who says what a change of a running campaign does to what was filed already: the
# campaigns know of nothing filed (qcportal.campaigns.impact).
CAMPAIGN_CHANGE_ASKED_OF = [
    "qcportal.campaigns.forwarding.affected",
    "reviews.impact.affected",
]
# Who tells lower associations that a higher one changed a campaign they forwarded.
HIGHER_CHANGE_TOLD_BY = ["qcportal.inbox.forwarding.tell_lower"]

# --- Sessions, cookies, headers
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_COOKIES = env.flag("SECURE_COOKIES", default=not (DEBUG or DEMO))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
if SECURE_COOKIES:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
BEHIND_PROXY = env.flag("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The portal shows its own papers in frames of its own pages.
X_FRAME_OPTIONS = "SAMEORIGIN"
# W047: SQLite cannot hold the uniqueness of quota rules over empty columns; the rules
# refuse a double on either database.
SILENCED_SYSTEM_CHECKS = ["security.W019", "models.W047"]
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "qcportal.home.views.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "frame-src": [SELF],
    }
}

# --- Language and time
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- Campaign files: parts kept by apps above qcportal.campaigns (presets.Part)
CAMPAIGN_PARTS = ["qcportal.notices.presets.PART"]

# --- Static and stored files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
FONTS_DIR = Path(env.text("FONTS_DIR", str(BASE_DIR / "fonts")))
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
_S3_BUCKET = env.text("STORAGE_S3_BUCKET")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _S3_BUCKET,
            "endpoint_url": env.text("STORAGE_S3_ENDPOINT") or None,
            "access_key": env.text("STORAGE_S3_ACCESS_KEY") or None,
            "secret_key": env.text("STORAGE_S3_SECRET_KEY") or None,
            "region_name": env.text("STORAGE_S3_REGION") or None,
            "default_acl": "private",
            "file_overwrite": False,
        },
    }
    if _S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or DEMO
# Behind nginx, files are handed over by X-Accel-Redirect from this internal path.
ACCEL_REDIRECT_PREFIX = env.text("ACCEL_REDIRECT_PREFIX")
# Uploads are scanned by ClamAV at host:port; unset means no scan.
# Uploads are opened by a child process with limits (documents/inspector.py). Only the
# tests look at them in place, where a thousand starts would be most of the time.
INSPECT_UPLOADS_APART = True
CLAMAV_ADDRESS = env.text("CLAMAV_ADDRESS")
# LibreOffice makes PDFs of Word and PowerPoint files for reading; unset is soffice on
# the path, and without it such files are downloaded.
SOFFICE = env.text("SOFFICE")
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Digital signatures (qcportal.signatures). Unset: the portal's papers carry none; the
# demo makes a key of its own in VAR_DIR.
SIGNING_DIR = env.text("SIGNING_DIR")
SIGNING_PASSPHRASE = env.text("SIGNING_PASSPHRASE")
SIGNING_TSA_URL = env.text("SIGNING_TSA_URL")
TRUSTED_CERTIFICATES_DIR = env.text("TRUSTED_CERTIFICATES_DIR")

# --- Mail
EMAIL_URL = env.text("EMAIL_URL")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "portal@localhost")

# --- Text messages: a backend's path, "console" (the worker's log) or "http"; unset is
# console for developing and the demo, else no codes by text message are offered.
SMS_BACKEND = env.text("SMS_BACKEND", "console" if DEBUG or DEMO else "")
SMS_URL = env.text("SMS_URL")
SMS_TOKEN = env.text("SMS_TOKEN")
SMS_SIGNATURE = env.text("SMS_SIGNATURE", "QC成果申报")
# So many a day for the whole site, whatever happens.
SMS_A_DAY = env.number("SMS_A_DAY", 5000)

# --- Celery: REDIS_URL is the broker; unset is a folder in VAR_DIR.
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
else:
    _QUEUE_DIR = VAR_DIR / "queue"
    (_QUEUE_DIR / "messages").mkdir(parents=True, exist_ok=True)
    (_QUEUE_DIR / "control").mkdir(parents=True, exist_ok=True)
    (_QUEUE_DIR / "processed").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "files://localhost/"  # qcportal.filequeue
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_QUEUE_DIR / "messages"),
        "data_folder_out": str(_QUEUE_DIR / "messages"),
        "control_folder": str(_QUEUE_DIR / "control"),
        "processed_folder": str(_QUEUE_DIR / "processed"),
        "store_processed": False,
        "polling_interval": 0.05,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.number("WORKER_CONCURRENCY", 2)
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # The row is the outbox: papers whose message was lost are sent again.
    "sweep-documents": {
        "task": "documents.sweep",
        "schedule": env.number("SWEEP_SECONDS", 20),
    },
    # Papers of notices whose hour has come.
    "bring-out-notices": {"task": "notices.bring_out", "schedule": 60},
    # Files that arrived in pieces, and filings that wait for them.
    "sweep-uploads": {"task": "submissions.sweep_uploads", "schedule": 30},
    "sweep-mails": {"task": "inbox.sweep_mails", "schedule": 60},
    "sweep-texts": {"task": "inbox.sweep_texts", "schedule": 30},
    # Codes whose message was lost, and what nobody needs any more.
    "sweep-codes": {"task": "entrance.sweep_codes", "schedule": 30},
    "end-stand-ins": {"task": "people.end_stand_ins", "schedule": 300},
    # Imports whose message was lost or whose worker is gone.
    "sweep-imports": {"task": "imports.sweep", "schedule": 30},
    # Files in the store that no row owns any more.
    "drop-unowned-files": {
        "task": "documents.drop_unowned",
        "schedule": crontab(hour=3, minute=40),
    },
    # Do the books add up? Every night; once a week every file is read as well.
    "check-books": {"task": "books.check", "schedule": crontab(hour=2, minute=40)},
    "check-books-and-files": {
        "task": "books.check",
        "schedule": crontab(hour=4, minute=20, day_of_week="sunday"),
        "kwargs": {"digests": True},
    },
    # Topics without an activity record for 60 days, told once a week.
    "warn-idle-topics": {
        "task": "submissions.warn_idle",
        "schedule": crontab(hour=8, minute=30),
    },
}

# --- Logs
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "fontTools": {"level": "ERROR"},
        "weasyprint.progress": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
    },
}
