"""Django's settings, made from the environment."""

import os

SECRET_KEY = os.environ.get("FIELDBEAT_SECRET_KEY", "x" * 50)
USE_TZ = True
TIME_ZONE = "UTC"
