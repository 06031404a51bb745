"""What every answer of the API shares: problems as RFC 9457 describes them, in one place."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from merchant_portal.access import RIGHT_NAMES, RightMissing
from merchant_portal.accounts.errors import AccountExists, AccountRefused
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.machine import MoveRefused
from merchant_portal.step_up import FIELD, ConfirmationRefused
from merchant_portal.vault import SealBroken
from payments.errors import ApprovalRefused, GiveBackRefused, LookupRefused, SaleRefused
from qrcodes.errors import (
    CodeExists,
    CodeRefused,
    EnrolmentRefused,
    KeyReused,
    PersonRefused,
    PlaceRefused,
    RegistrationRefused,
)
from reconciliation.errors import ResolutionRefused, StatementRefused, VouchRefused

#: Refusals of the verbs: what is asked for collides with what there is, or cannot be at all.
_REFUSALS: dict[type[Exception], HTTPStatus] = {
    AccountExists: HTTPStatus.CONFLICT,
    CodeExists: HTTPStatus.CONFLICT,
    CodeRefused: HTTPStatus.CONFLICT,
    EnrolmentRefused: HTTPStatus.CONFLICT,
    PlaceRefused: HTTPStatus.CONFLICT,
    RegistrationRefused: HTTPStatus.CONFLICT,
    MoveRefused: HTTPStatus.CONFLICT,
    GiveBackRefused: HTTPStatus.CONFLICT,
    SaleRefused: HTTPStatus.CONFLICT,
    ApprovalRefused: HTTPStatus.CONFLICT,
    ConfirmationRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    PersonRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    AccountRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    LookupRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    ResolutionRefused: HTTPStatus.CONFLICT,
    StatementRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    VouchRefused: HTTPStatus.CONFLICT,
    RequestInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    SealBroken: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """An error as ``application/problem+json``; None where it is no answer but a fault."""
    status = next((code for kind, code in _REFUSALS.items() if isinstance(error, kind)), None)
    if status is not None:
        return _problem(status, str(error), _problems_of(error))
    if isinstance(error, RightMissing):
        detail = _("The right to %(right)s is missing.") % {"right": RIGHT_NAMES[error.right]}
        return _problem(HTTPStatus.FORBIDDEN, detail)
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(as_serializer_error(error))
    response = exception_handler(error, context)
    return None if response is None else _translated(error, response)


def _problems_of(error: Exception) -> dict[str, Any] | None:
    """What a refusal says by field, where it does."""
    match error:
        case AccountRefused():
            return error.problems
        case ConfirmationRefused():
            return {FIELD: [str(error)]}
        case _:
            return None


def _translated(error: Exception, response: Response) -> Response:
    """The framework's own error in the same shape, its headers kept."""
    status = HTTPStatus(response.status_code)
    if isinstance(error, exceptions.ValidationError):
        problem = _problem(status, _("The request cannot be used as it is."), _by_field(error))
    else:
        problem = _problem(status, str(response.data["detail"]))
    for name, value in response.headers.items():
        if name.lower() != "content-type":
            problem.headers[name] = value
    return problem


def _by_field(error: exceptions.ValidationError) -> dict[str, Any]:
    detail = error.detail
    return detail if isinstance(detail, dict) else {"": detail}


def _problem(status: HTTPStatus, detail: str, errors: dict[str, Any] | None = None) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type="application/problem+json")
