"""Every address of the portal."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from merchant_portal import views

# One way to sign in, with its limits on guessing: the administrator's pages have no own door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("alipay/notify/<str:key>/", views.alipay_notify, name="alipay_notify"),
    path("alipay/ams/notify/<str:key>/", views.alipay_json_notify, name="alipay_json_notify"),
    path("", views.home, name="home"),
    path("language/", views.choose_language, name="choose_language"),
    path("setup/", views.setup_guide, name="setup_guide"),
    path("setup/go-live/", views.go_live_list, name="go_live_list"),
    path("setup/check/", views.setup_check, name="setup_check"),
    path("setup/master-key/", views.setup_key_copied, name="setup_key_copied"),
    path("notifications/", views.notification_list, name="notification_list"),
    path("notifications/<int:pk>/", views.notification_detail, name="notification_detail"),
    path("notifications/<int:pk>/apply/", views.notification_apply, name="notification_apply"),
    path("unknown/", views.unknown_desk, name="unknown_desk"),
    path("own-pin/", views.own_pin, name="own_pin"),
    path("quarantine/", views.quarantine_list, name="quarantine_list"),
    path("quarantine/<int:pk>/", views.quarantined_detail, name="quarantined_detail"),
    path("clinic/", views.clinic, name="clinic"),
    path("payments/<int:pk>/proof/", views.payment_proof, name="payment_proof"),
    path("payments/<int:pk>/evidence.zip", views.payment_evidence, name="payment_evidence"),
    path("", include("qrcodes.urls")),
    path("", include("payments.urls")),
    path("", include("refunds.urls")),
    path("", include("reconciliation.urls")),
    path("", include("merchant_portal.account_urls")),
    path("", include("merchant_portal.reports.urls")),
    path("api/v1/", include("merchant_portal.api_urls")),
    path("auth/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz/", views.healthz, name="healthz"),
    path("readyz/", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
