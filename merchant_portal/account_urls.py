from django.urls import path

from merchant_portal import account_views as views
from merchant_portal import agent_token_views

urlpatterns = [
    path("accounts/", views.account_list, name="account_list"),
    path("accounts/new/", views.account_new, name="account_new"),
    path("accounts/<int:pk>/", views.account_detail, name="account_detail"),
    path("accounts/<int:pk>/edit/", views.account_edit, name="account_edit"),
    path("accounts/<int:pk>/check/", views.account_check, name="account_check"),
    path("accounts/<int:pk>/keys/new/", views.account_key_new, name="account_key_new"),
    path("accounts/<int:pk>/keys/made/", views.account_key_made, name="account_key_made"),
    path(
        "accounts/<int:pk>/keys/<int:key>/activate/",
        views.account_key_activate,
        name="account_key_activate",
    ),
    path(
        "accounts/<int:pk>/keys/<int:key>/retire/",
        views.account_key_retire,
        name="account_key_retire",
    ),
    path(
        "accounts/<int:pk>/agent-tokens/<int:merchant>/",
        agent_token_views.agent_token_edit,
        name="agent_token_edit",
    ),
    path(
        "accounts/<int:pk>/agent-tokens/<int:merchant>/forget/",
        agent_token_views.agent_token_forget,
        name="agent_token_forget",
    ),
]
