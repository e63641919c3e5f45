"""The tutorial way, to be measured beside ours: Django, DRF, Celery prefork, a post_save signal."""

import os
from pathlib import Path

import dj_database_url

SECRET_KEY = "bench only"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "bench.tutorial",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "bench.tutorial.urls"
DATABASES = {"default": dj_database_url.parse(os.environ["TUTORIAL_DATABASE"], conn_max_age=0)}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {"timeout": 20}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
BASE_DIR = Path(__file__).parent
CELERY_BROKER_URL = os.environ["TUTORIAL_BROKER"]
MODEL_URL = os.environ["TUTORIAL_MODEL"]
TELEGRAM_URL = os.environ["TUTORIAL_TELEGRAM"]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
