"""Addresses of payments, lookups and the counter's screen."""

from django.urls import path

from payments import views
from payments.views import real, shifts, z_reports

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
    path("shifts/", shifts.shift_list, name="shift_list"),
    path("counters/<int:pk>/shift/", shifts.counter_shift, name="counter_shift"),
    path("counters/<int:pk>/shift/open/", shifts.shift_open, name="shift_open"),
    path("shifts/<int:pk>/", shifts.shift_detail, name="shift_detail"),
    path("shifts/<int:pk>/rows/", shifts.shift_rows, name="shift_rows"),
    path("shifts/<int:pk>/close/", shifts.shift_close, name="shift_close"),
    path("payments/<int:pk>/shift/", shifts.payment_shift, name="payment_shift"),
    path("stores/<int:pk>/z-reports/", z_reports.z_report_list, name="z_report_list"),
    path("stores/<int:pk>/close-day/", z_reports.day_close, name="day_close"),
    path("stores/<int:pk>/close-day/rows/", z_reports.day_rows, name="day_rows"),
    path("z-reports/<int:pk>/", z_reports.z_report, name="z_report"),
    path("z-reports/<int:pk>/rows/", z_reports.z_report_rows, name="z_report_rows"),
]
