"""The bare view: verify, make two plain SQL inserts in one commit, say success. Nothing else.

It keeps no promise of the portal's; it is what the least possible work costs on this machine.
"""

import base64
import os
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

_database = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY=uuid4().hex,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _database.path[1:],
            "USER": _database.username,
            "PASSWORD": _database.password or "",
            "HOST": _database.hostname,
            "PORT": _database.port,
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    },
)
_loaded = load_pem_public_key(os.environ["BENCH_PUBLIC_PEM"].encode())
assert isinstance(_loaded, rsa.RSAPublicKey)
_KEY = _loaded


def notify(request: HttpRequest, key: str) -> HttpResponse:
    """Verify, insert twice, commit."""
    fields = dict(parse_qsl(request.body.decode()))
    signature = base64.b64decode(fields["sign"])
    canonical = "&".join(
        f"{name}={value}"
        for name, value in sorted(fields.items())
        if value and name not in ("sign", "sign_type")
    )
    _KEY.verify(signature, canonical.encode(), padding.PKCS1v15(), hashes.SHA256())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bare_notice (notify_id, body) VALUES (%s, %s)",
            [fields["notify_id"], request.body],
        )
        cursor.execute(
            "INSERT INTO bare_entry (trade_no, minor) VALUES (%s, %s)",
            [fields["trade_no"], 1250],
        )
    return HttpResponse("success", content_type="text/plain", headers={"Content-Length": "7"})


urlpatterns = [path("alipay/notify/<str:key>/", notify)]
application = get_wsgi_application()
