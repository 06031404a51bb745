"""Nothing is verified whose failing nobody has seen."""

from merchant_portal.verifying import CHECKS
from tests.payments import test_verify_ledger as of_payments
from tests.portal import test_list_day_sums as of_day_sums
from tests.qrcodes import test_checking as of_registrations
from tests.reconciliation import test_comparing_checks as of_comparing
from tests.reconciliation import test_import_checks as of_files
from tests.refunds import test_verify_ledger as of_money_going_back
from tests.sales import test_verify as of_sales
from tests.shifts import test_verify as of_shifts

BREAKS = (
    *(of_payments.BREAKS, of_registrations.BREAKS, of_money_going_back.BREAKS),
    *(of_files.BREAKS, of_comparing.BREAKS, of_shifts.BREAKS),
    of_day_sums.BREAKS,
    of_sales.BREAKS,
)


def test_every_check_is_shown_to_fail() -> None:
    assert set().union(*BREAKS) == {check.name for check in CHECKS}


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
