"""Addresses of money going back: the panel, the list, the inbox, and either noun."""

from django.urls import path

from refunds import views

urlpatterns = [
    path("payments/<int:pk>/give-back/", views.give_back, name="give_back"),
    path("giving-back/", views.giving_back_list, name="giving_back_list"),
    path("approvals/", views.approval_list, name="approval_list"),
    path("refunds/<int:pk>/", views.refund_detail, name="refund_detail"),
    path("refunds/<int:pk>/approve/", views.refund_approve, name="refund_approve"),
    path("refunds/<int:pk>/decline/", views.refund_decline, name="refund_decline"),
    path("refunds/<int:pk>/ask/", views.refund_ask, name="refund_ask"),
    path("cancels/<int:pk>/", views.cancel_detail, name="cancel_detail"),
    path("cancels/<int:pk>/approve/", views.cancel_approve, name="cancel_approve"),
    path("cancels/<int:pk>/decline/", views.cancel_decline, name="cancel_decline"),
    path("cancels/<int:pk>/ask/", views.cancel_ask, name="cancel_ask"),
]
