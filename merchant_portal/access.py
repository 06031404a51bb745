"""Who may do what: roles, rights, and the question every door asks."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Role(StrEnum):
    """What a person (or an API key) is at a merchant or a store."""

    CASHIER = "cashier"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Right(StrEnum):
    """One thing somebody may be allowed to do."""

    SEE_PAYMENTS = "see_payments"
    TAKE_PAYMENTS = "take_payments"
    ASK_ALIPAY = "ask_alipay"
    WRITE_NOTES = "write_notes"
    SEE_EVIDENCE = "see_evidence"
    SEE_STORES = "see_stores"
    CHANGE_STORES = "change_stores"
    CHANGE_CODES = "change_codes"
    SEE_NOTIFICATIONS = "see_notifications"
    APPLY_NOTIFICATIONS = "apply_notifications"
    ANSWER_QUESTIONS = "answer_questions"
    GIVE_BACK = "give_back"
    APPROVE_GIVING_BACK = "approve_giving_back"
    RUN_SHIFTS = "run_shifts"
    CLOSE_DAYS = "close_days"
    MOVE_PAYMENTS = "move_payments"
    SEE_STATEMENTS = "see_statements"
    IMPORT_STATEMENTS = "import_statements"
    RESOLVE_DISCREPANCIES = "resolve_discrepancies"
    EXPORT_REPORTS = "export_reports"
    SEE_ACCOUNTS = "see_accounts"
    CHANGE_ACCOUNTS = "change_accounts"
    SEE_AUDIT = "see_audit"


_READS = frozenset(
    {
        Right.SEE_PAYMENTS,
        Right.SEE_EVIDENCE,
        Right.SEE_STORES,
        Right.SEE_NOTIFICATIONS,
        Right.SEE_ACCOUNTS,
        Right.SEE_AUDIT,
        Right.SEE_STATEMENTS,
        Right.EXPORT_REPORTS,
    }
)

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CASHIER: frozenset(
        {
            Right.SEE_PAYMENTS,
            Right.TAKE_PAYMENTS,
            Right.ASK_ALIPAY,
            Right.WRITE_NOTES,
            Right.SEE_STORES,
            Right.GIVE_BACK,
            Right.RUN_SHIFTS,
        }
    ),
    Role.MANAGER: frozenset(
        {
            Right.SEE_PAYMENTS,
            Right.TAKE_PAYMENTS,
            Right.ASK_ALIPAY,
            Right.WRITE_NOTES,
            Right.SEE_EVIDENCE,
            Right.SEE_STORES,
            Right.CHANGE_STORES,
            Right.CHANGE_CODES,
            Right.SEE_NOTIFICATIONS,
            Right.APPLY_NOTIFICATIONS,
            Right.ANSWER_QUESTIONS,
            Right.GIVE_BACK,
            Right.APPROVE_GIVING_BACK,
            Right.RUN_SHIFTS,
            Right.CLOSE_DAYS,
            Right.MOVE_PAYMENTS,
            Right.EXPORT_REPORTS,
        }
    ),
    Role.FINANCE: frozenset(
        {
            Right.SEE_PAYMENTS,
            Right.ASK_ALIPAY,
            Right.WRITE_NOTES,
            Right.SEE_EVIDENCE,
            Right.SEE_STORES,
            Right.SEE_NOTIFICATIONS,
            Right.APPLY_NOTIFICATIONS,
            Right.ANSWER_QUESTIONS,
            Right.GIVE_BACK,
            Right.APPROVE_GIVING_BACK,
            Right.SEE_STATEMENTS,
            Right.IMPORT_STATEMENTS,
            Right.RESOLVE_DISCREPANCIES,
            Right.EXPORT_REPORTS,
            Right.SEE_ACCOUNTS,
            Right.SEE_AUDIT,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Right),
    Role.AUDITOR: _READS,
}

ROLE_NAMES: dict[Role, StrOrPromise] = {
    Role.CASHIER: _("Cashier"),
    Role.MANAGER: _("Store manager"),
    Role.FINANCE: _("Finance"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
}

RIGHT_NAMES: dict[Right, StrOrPromise] = {
    Right.SEE_PAYMENTS: _("see payments"),
    Right.TAKE_PAYMENTS: _("take payments at a counter"),
    Right.ASK_ALIPAY: _("ask Alipay about a payment"),
    Right.WRITE_NOTES: _("write notes beside a payment"),
    Right.SEE_EVIDENCE: _("see the signed evidence"),
    Right.SEE_STORES: _("see stores and counters"),
    Right.CHANGE_STORES: _("change stores and counters"),
    Right.CHANGE_CODES: _("make and stop QR codes"),
    Right.SEE_NOTIFICATIONS: _("see notifications"),
    Right.APPLY_NOTIFICATIONS: _("apply a notification again"),
    Right.ANSWER_QUESTIONS: _("settle open questions"),
    Right.GIVE_BACK: _("ask for money to go back"),
    Right.APPROVE_GIVING_BACK: _("approve money going back"),
    Right.RUN_SHIFTS: _("open and close shifts"),
    Right.CLOSE_DAYS: _("close a store's day"),
    Right.MOVE_PAYMENTS: _("move payments between shifts"),
    Right.SEE_STATEMENTS: _("see Alipay's files and what they differ in"),
    Right.IMPORT_STATEMENTS: _("import Alipay's files"),
    Right.RESOLVE_DISCREPANCIES: _("resolve differences"),
    Right.EXPORT_REPORTS: _("download reports"),
    Right.SEE_ACCOUNTS: _("see Alipay accounts"),
    Right.CHANGE_ACCOUNTS: _("change Alipay accounts and keys"),
    Right.SEE_AUDIT: _("see the audit log"),
}


def roles_with(right: Right) -> list[Role]:
    """The roles that carry a right, for a page that says why something is closed."""
    return [role for role, rights in RIGHTS.items() if right in rights]


class RightMissing(Exception):
    """Somebody asked for what their role does not allow."""

    def __init__(self, right: Right) -> None:
        super().__init__(f"The right to {right.value} is missing.")
        self.right = right
