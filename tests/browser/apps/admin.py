"""Django's admin site at its own root: settings and nothing else.

    /usr/bin/python3 admin.py FOLDER PORT

FOLDER keeps the database.  There is one user, "keeper", whose password is
"let the keeper in".

Django compares Origin with the host that it believes to be since 4.0;
Debian 12 has 3.2, so origin_is_own() stands in for what later ones do.
"""

import os
import sys

import django
from django.conf import settings

NAME, PASSWORD = "keeper", "let the keeper in"

folder, port = sys.argv[1], int(sys.argv[2])

APPS = ("admin", "auth", "contenttypes", "sessions", "messages",
        "staticfiles")
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware")
CONTEXT = ("request", "debug")

settings.configure(
    DEBUG=True,
    SECRET_KEY="of a test",
    ROOT_URLCONF="__main__",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["django.contrib." + a for a in APPS],
    MIDDLEWARE=MIDDLEWARE,
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            *("django.template.context_processors." + c for c in CONTEXT),
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages"]}}],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(folder, "db.sqlite3")}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    STATIC_URL="/static/",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.staticfiles import handlers  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers import basehttp  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]


def origin_is_own(application):
    def checked(environ, start_response):
        origin = environ.get("HTTP_ORIGIN")
        own = "http://" + environ.get("HTTP_HOST", "")
        if environ["REQUEST_METHOD"] == "POST" and origin not in (None, own):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"Origin %s is not %s\n" % (origin.encode(),
                                                own.encode())]
        return application(environ, start_response)
    return checked


call_command("migrate", verbosity=0)
if not get_user_model().objects.exists():
    get_user_model().objects.create_superuser(NAME, password=PASSWORD)

handler = handlers.StaticFilesHandler(
    basehttp.get_internal_wsgi_application())
if django.VERSION < (4, 0):
    handler = origin_is_own(handler)
basehttp.run("127.0.0.1", port, handler, threading=True)
