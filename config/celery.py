"""The Celery application. Start a worker with: celery -A config.celery worker -P threads -c 4 -B"""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

# `up` says it itself when it runs as root; the packaged containers do not.
warnings.filterwarnings("ignore", message="You're running the worker with superuser", category=SecurityWarning)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = celery = Celery("gatepost")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
