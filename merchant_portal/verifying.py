"""Everything that is always true of the portal's rows, asked at once."""

from merchant_portal.truths import Check, Finding, run_checks
from payments.checking import CHECKS as PAYMENTS
from payments.sale_checking import CHECKS as SALES
from payments.shift_checking import CHECKS as SHIFTS
from payments.sum_checking import CHECKS as DAY_SUMS
from qrcodes.checking import CHECKS as CODES
from reconciliation.checking import CHECKS as COMPARED
from refunds.checking import CHECKS as REFUNDS

CHECKS: tuple[Check, ...] = (
    *CODES,
    *PAYMENTS,
    *SALES,
    *DAY_SUMS,
    *SHIFTS,
    *REFUNDS,
    *COMPARED,
)


def find_all(*, most_breaches: int = 10) -> list[Finding]:
    """Run every check; each finding names at most ``most_breaches`` rows."""
    return run_checks(CHECKS, most_breaches=most_breaches)


def find_breaches() -> list[str]:
    """The first breaches of every check in one list of lines; empty where all is true."""
    return [
        f"{finding.check.name}: {breach}" for finding in find_all() for breach in finding.breaches
    ]
