"""Addresses of nightly files and of what differs from them."""

from django.urls import path

from reconciliation import views

urlpatterns = [
    path("statements/", views.statement_list, name="statement_list"),
    path("statements/upload/", views.statement_upload, name="statement_upload"),
    path("statements/fetch/", views.statement_fetch, name="statement_fetch"),
    path("statements/<int:pk>/", views.statement_detail, name="statement_detail"),
    path("statements/<int:pk>/file/", views.statement_bytes, name="statement_bytes"),
    path("statements/<int:pk>/vouch/", views.statement_vouch, name="statement_vouch"),
    path("discrepancies/", views.discrepancy_list, name="discrepancy_list"),
    path("discrepancies/<int:pk>/", views.discrepancy_detail, name="discrepancy_detail"),
    path("discrepancies/<int:pk>/take/", views.discrepancy_take, name="discrepancy_take"),
    path("discrepancies/<int:pk>/book/", views.discrepancy_book, name="discrepancy_book"),
    path("discrepancies/<int:pk>/resolve/", views.discrepancy_resolve, name="discrepancy_resolve"),
    path(
        "discrepancies/<int:pk>/resolve-alike/",
        views.discrepancy_resolve_alike,
        name="discrepancy_resolve_alike",
    ),
    path("discrepancies/<int:pk>/undo/", views.discrepancy_undo, name="discrepancy_undo"),
    path("days/", views.day_list, name="day_list"),
    path("days/<int:account_pk>/<str:day>/", views.day_detail, name="day_detail"),
]
