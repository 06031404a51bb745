"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from merchant_portal import views

urlpatterns = [
    path("alipay/notify/<str:key>/", views.alipay_notify, name="alipay_notify"),
    path("", views.home, name="home"),
    path("", include("qrcodes.urls")),
    path("", include("payments.urls")),
    path("api/v1/", include("merchant_portal.api_urls")),
    path("auth/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz/", views.healthz, name="healthz"),
    path("readyz/", views.readyz, name="readyz"),
    path("metrics/", views.metrics, name="metrics"),
]
