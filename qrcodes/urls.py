from django.urls import path

from qrcodes.views import codes, devices, pictures, places, registrations

urlpatterns = [
    path("merchants/new/", places.merchant_new, name="merchant_new"),
    path("merchants/<int:pk>/edit/", places.merchant_edit, name="merchant_edit"),
    path(
        "merchants/<int:pk>/registrant/",
        registrations.merchant_registrant,
        name="merchant_registrant",
    ),
    path("stores/", places.store_list, name="store_list"),
    path("stores/new/", places.store_new, name="store_new"),
    path("stores/<int:pk>/", places.store_detail, name="store_detail"),
    path("stores/<int:pk>/edit/", places.store_edit, name="store_edit"),
    path("stores/<int:pk>/counters/new/", places.counter_new, name="counter_new"),
    path("counters/<int:pk>/", places.counter_detail, name="counter_detail"),
    path("counters/<int:pk>/edit/", places.counter_edit, name="counter_edit"),
    path("counters/<int:pk>/devices/", devices.counter_devices, name="counter_devices"),
    path("pairings/<int:pk>/standing/", devices.pairing_standing, name="pairing_standing"),
    path("devices/<int:pk>/revoke/", devices.device_revoke, name="device_revoke"),
    path("pair/", devices.device_pair, name="device_pair"),
    path("counters/<int:pk>/enrolments/", codes.enrolment_new, name="enrolment_new"),
    path("counters/<int:pk>/codes/", codes.code_new, name="code_new"),
    path("enrolments/<int:pk>/edit/", codes.enrolment_edit, name="enrolment_edit"),
    path("registrations/", registrations.registration_list, name="registration_list"),
    path(
        "enrolments/<int:pk>/registration/",
        registrations.registration_detail,
        name="registration_detail",
    ),
    path(
        "enrolments/<int:pk>/registration/standing/",
        registrations.registration_standing,
        name="registration_standing",
    ),
    path(
        "enrolments/<int:pk>/register/",
        registrations.registration_register,
        name="registration_register",
    ),
    path("enrolments/<int:pk>/ask/", registrations.registration_ask, name="registration_ask"),
    path("codes/<int:pk>/", codes.code_detail, name="code_detail"),
    path("codes/<int:pk>/standing/", codes.code_standing, name="code_standing"),
    path("codes/<int:pk>/stop/", codes.code_stop, name="code_stop"),
    path("codes/<int:pk>/restart/", codes.code_restart, name="code_restart"),
    path("codes/<int:pk>/delete/", codes.code_delete, name="code_delete"),
    path("codes/<int:pk>/send-again/", codes.code_send_again, name="code_send_again"),
    path("codes/<int:pk>/decide/", codes.code_decide, name="code_decide"),
    path("codes/<int:pk>/fee/", codes.code_fee, name="code_fee"),
    path("codes/<int:pk>/code.svg", pictures.code_image_svg, name="code_image_svg"),
    path("codes/<int:pk>/code.png", pictures.code_image_png, name="code_image_png"),
]
