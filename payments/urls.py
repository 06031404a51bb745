"""Addresses of payments, lookups and the counter's screen."""

from django.urls import path

from payments import views
from payments.views import real

urlpatterns = [
    path("payments/", views.payment_list, name="payment_list"),
    path("payments/real/", real.payment_real, name="payment_real"),
    path("payments/sums/", views.payment_sums, name="payment_sums"),
    path("payments/columns/", views.payment_columns, name="payment_columns"),
    path("payments/<int:pk>/", views.payment_detail, name="payment_detail"),
    path("payments/<int:pk>/panel/", views.payment_panel, name="payment_panel"),
    path("payments/<int:pk>/ask/", views.payment_ask, name="payment_ask"),
    path("payments/<int:pk>/note/", views.payment_note, name="payment_note"),
    path("payments/<int:pk>/settle/", views.payment_settle, name="payment_settle"),
    path("payments/<int:pk>/place/", views.payment_place, name="payment_place"),
    path("lookups/new/", views.lookup_new, name="lookup_new"),
    path("lookups/<int:pk>/", views.lookup_detail, name="lookup_detail"),
    path("lookups/<int:pk>/ask/", views.lookup_ask, name="lookup_ask"),
    path("counters/<int:pk>/silence/", views.counter_silence, name="counter_silence"),
    path("counters/<int:pk>/screen/", views.counter_screen, name="counter_screen"),
    path("counters/<int:pk>/screen/payments/", views.counter_feed, name="counter_feed"),
    path("counters/<int:pk>/real/", real.counter_real, name="counter_real"),
    path("counters/<int:pk>/real/ask/", real.counter_real_ask, name="counter_real_ask"),
    path("screen/", views.device_screen, name="device_screen"),
    path("screen/payments/", views.device_feed, name="device_feed"),
]
