"""Every setting of Firstlight, in one file; what comes from outside is read by `environment`."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from firstlight.config import environment, order_systems, proxies, publishing

PACKAGE = Path(__file__).resolve().parent.parent
DATA = environment.data_folder(os.environ)
STORE = environment.storage(os.environ, DATA)
VISITS = DATA / "visits"  # what web processes saw and nobody has counted yet
ORIGIN = environment.origin(os.environ)
SECRET_KEY = environment.secret_key(os.environ, DATA)
DEBUG = False
SHOW_STYLE_GUIDE = os.environ.get("FIRSTLIGHT_STYLE_GUIDE") == "1"

_host = urlsplit(ORIGIN).hostname or ""
ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [ORIGIN]
_secure = ORIGIN.startswith("https://")
PROXIES = proxies.proxies(os.environ)
COUNTRY_HEADER = proxies.country_header(os.environ)

INSTALLED_APPS = [
    "firstlight.replay",
    "firstlight.situation",
    "firstlight.fhir",
    "firstlight.readiness",
    "firstlight.surveillance",
    "firstlight.weekly",
    "firstlight.guidance",
    "firstlight.library",
    "firstlight.sightings",
    "firstlight.reading",
    "firstlight.imaging",
    "firstlight.literature",
    "firstlight.alerts",
    "firstlight.outbreaks",
    "firstlight.delivery",
    "firstlight.people",
    "firstlight.audit",
    "firstlight.visits",
    "firstlight.web",
    "allauth",
    "allauth.account",
    "django_tasks",
    "django_tasks_db",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
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
    "allauth.account.middleware.AccountMiddleware",
    "firstlight.web.clock.AsOfMiddleware",
    "firstlight.visits.middleware.VisitsMiddleware",
]

ROOT_URLCONF = "firstlight.config.urls"
WSGI_APPLICATION = "firstlight.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "firstlight.web.context_processors.firstlight_version",
                "firstlight.situation.context_processors.menus",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# A data folder may be asked for by any process before `serve` has made it.
DATA.mkdir(parents=True, exist_ok=True)
DATABASES = {"default": environment.database(os.environ, DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

globals().update(environment.email(os.environ, DATA))
DEFAULT_FROM_EMAIL = f"Firstlight <no-reply@{_host}>"

# What is sent to many: by which carriers, how long silence is borne, when too much fails, how long the log is kept.
CARRIERS = environment.carriers(os.environ, DATA)
BOUNCES = environment.bounces(os.environ)
DELIVERY_UNKNOWN_AFTER = timedelta(
    hours=environment.number(os.environ, "FIRSTLIGHT_SMS_UNKNOWN_HOURS", 24, least=1, most=72)
)
DELIVERY_ALARM_SHARE = environment.number(os.environ, "FIRSTLIGHT_ALARM_PERCENT", 25, least=1, most=100) / 100
DELIVERY_ALARM_OUTCOMES = 100
DELIVERY_LOG_KEPT = timedelta(days=environment.number(os.environ, "FIRSTLIGHT_LOG_DAYS", 180, least=7, most=3650))

# Notices: how many a week before what does not press waits for the digest; how an unanswered emergency is repeated.
WEEKLY_CAP = int(environment.number(os.environ, "FIRSTLIGHT_WEEKLY_CAP", 5, least=0, most=1000))
REPEAT_MINUTES = environment.number(os.environ, "FIRSTLIGHT_REPEAT_MINUTES", 15, least=1, most=1440)
MOST_ROUNDS = int(environment.number(os.environ, "FIRSTLIGHT_MOST_ROUNDS", 3, least=1, most=20))
REPEATED_FROM_TIER = 4

# People sign in by e-mail; accounts are made by an administrator, never by a stranger.
AUTH_USER_MODEL = "people.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "firstlight.people.accounts.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _secure else "http"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

FORM_RENDERER = "firstlight.web.forms.Renderer"
FORMAT_MODULE_PATH = "firstlight.web.formats"
LANGUAGE_CODE = "en"
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("FIRSTLIGHT_TIME_ZONE", "Asia/Seoul")

# What is published for programs: who speaks, how they are asked, for which country, and what CAP is signed with.
SENDER_NAME = os.environ.get("FIRSTLIGHT_SENDER_NAME", "Firstlight")
CONTACT = os.environ.get("FIRSTLIGHT_CONTACT", "")
NCBI_KEY = os.environ.get("FIRSTLIGHT_NCBI_KEY", "")  # lets papers be fetched from PubMed three times as fast
AREA = publishing.area(os.environ)
CAP_SIGNATURE = publishing.cap_signature(os.environ)
# Order systems: whether unsigned calls are answered, which FHIR servers may be asked, and for how long.
CDS_OPEN = order_systems.is_open(os.environ)
CDS_FHIR_SERVERS = order_systems.fhir_servers(os.environ)
CDS_FHIR_SECONDS = environment.number(os.environ, "FIRSTLIGHT_CDS_FHIR_SECONDS", 2, least=0.1, most=10)
COUNTRY = os.environ.get(
    "FIRSTLIGHT_COUNTRY", "KR"
)  # ISO 3166: where a telephone number without a country code is from

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Pieces of pages that are a pure function of something that never changes, such as a published version.
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 4096},
    },
}
KEPT_SECONDS = 1.0  # how long what every reader sees alike may be kept: an outbreak's menu, the notices above a page

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [PACKAGE / "pixels/static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "firstlight.web.assets.Assets"},
}

WHITENOISE_MAX_AGE = 300
# Hashed names, Django's and Vite's, never change their content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/(viewer/assets/.+-[\w-]{8}\.\w+|.+\.[0-9a-f]{12}\.\w+)$"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_HSTS_SECONDS = 31536000 if _secure else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # The codecs and the in-browser de-identification are WebAssembly.
        "script-src": [SELF, "'wasm-unsafe-eval'"],
        "worker-src": [SELF, "blob:"],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CORS_ORIGINS = environment.cors_origins(os.environ)  # whose pages may read DICOMweb from elsewhere
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024 * 1024  # of a form; STOW-RS is read as it comes, with bounds of its own
# How long a sender of images may take for a megabyte.
UPLOAD_SECONDS = environment.number(os.environ, "FIRSTLIGHT_UPLOAD_SECONDS", 120, least=1, most=3600)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # pydicom warns with the very values it read: nothing of that may reach a log.
        "pydicom": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django.request": {"level": "ERROR"},
    },
}
