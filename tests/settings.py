"""The portal's settings with the few differences tests need.

Each test process works in its own temporary folder, and on its own Redis database,
so that parallel runs never meet. Programs started by a test inherit its folder.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_OWNER = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("TESTS_OWNER") != _OWNER:
    _FOLDER = tempfile.mkdtemp(prefix=f"qcportal-tests-{_OWNER}-")
    atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
    os.environ |= {"TESTS_OWNER": _OWNER, "VAR_DIR": _FOLDER}
    if os.environ.get("REDIS_URL"):
        _server = os.environ["REDIS_URL"].rpartition("/")[0]
        _number = int(_OWNER.removeprefix("gw")) + 1 if _OWNER != "main" else 0
        os.environ["REDIS_URL"] = f"{_server}/{_number}"
for _name in ("DEBUG", "DEMO", "MEDIA_ROOT", "STATIC_ROOT", "EMAIL_URL"):
    os.environ.pop(_name, None)
os.environ |= {
    "SECRET_KEY": "only-for-tests",
    "FIELD_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDE=",
    "FIELD_INDEX_KEY": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDI=",
    "SECURE_COOKIES": "0",
    "REQUIRE_SECOND_FACTOR": "0",
    "SMS_BACKEND": "console",
    "LOG_LEVEL": "WARNING",
}

from qcportal import env  # noqa: E402 - the environment above comes first
from qcportal.settings import *  # noqa: E402, F403

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_USE_FINDERS = True
# Nothing is collected, but the server warns of a folder that is not there.
STATIC_ROOT = VAR_DIR / "staticfiles"  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)
# Browser tests and started programs share the database, so it is a file.
if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": Path(os.environ["VAR_DIR"]) / "test.sqlite3"
    }
INSPECT_UPLOADS_APART = False  # tests/qcportal/documents/test_inspecting.py sets it
CELERY_TASK_ALWAYS_EAGER = env.flag("CELERY_TASK_ALWAYS_EAGER", default=True)
CELERY_TASK_EAGER_PROPAGATES = True
