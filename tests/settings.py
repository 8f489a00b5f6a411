"""Settings of the test run: a data folder of its own, fast password hashing."""

import os
import tempfile

_data = tempfile.mkdtemp(prefix="trainboard-tests-")
os.environ["TRAINBOARD_DATA_DIR"] = _data
os.environ["TRAINBOARD_SECRET_KEY"] = "only-for-tests"

from dashboard.settings import *  # noqa: E402, F403

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{_data}/test.sqlite3"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
