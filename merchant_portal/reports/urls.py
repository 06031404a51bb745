"""Addresses of reports and of the files made of them."""

from django.urls import path, re_path

from merchant_portal.reports import views

urlpatterns = [
    path("reports/", views.report_list, name="report_list"),
    path("reports/jobs/<int:pk>/", views.report_job, name="report_job"),
    path("reports/jobs/<int:pk>/file/", views.report_job_file, name="report_job_file"),
    path("reports/jobs/<int:pk>/control/", views.report_job_control, name="report_job_control"),
    path("reports/<slug:name>/", views.report_show, name="report_show"),
    re_path(
        r"^reports/(?P<name>[-\w]+)/(?P<file_format>csv|xlsx)/$",
        views.report_download,
        name="report_download",
    ),
]
