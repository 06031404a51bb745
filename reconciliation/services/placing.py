"""Whose a file is: by its first line, else by its name, else by what a person or folder says.

Files of the JSON products name a merchant number in each row. It may be the partner id or the
client id of an account, or one that no account has; then the folder or a person says whose it is.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from merchant_portal.accounts.models import Account, Region
from merchant_portal.alipay.statements import Family, FileState, Problem, Statement
from reconciliation import states
from reconciliation.errors import StatementRefused

_REGIONS = {Family.GLOBAL_IN_STORE: Region.GLOBAL, Family.HK_IN_STORE: Region.HK}
_PARTNER_DIGITS = 16


def account_of(statement: Statement, chosen: Account | None) -> Account:
    """The account a file belongs to; raises StatementRefused where nothing tells it."""
    if statement.is_json:
        return _of_merchant(statement, chosen)
    for partner_id in (named_partner(statement), statement.named.partner_id):
        found = _among(list(Account.objects.filter(partner_id=partner_id)), statement, chosen)
        if found is not None:
            return found
    if chosen is not None:
        return chosen
    raise StatementRefused(_unplaced(statement), state=_state(statement), family=statement.family)


def accounts_of_merchant(number: str) -> list[Account]:
    """The accounts that a merchant number of the JSON products names; those with a client id."""
    if not number:
        return []
    named = Account.objects.filter(Q(partner_id=number) | Q(client_id=number))
    return [account for account in named if account.client_id] or list(named)


def _of_merchant(statement: Statement, chosen: Account | None) -> Account:
    found = accounts_of_merchant(statement.partner_id)
    if chosen is not None and (not found or chosen in found):
        return chosen
    if len(found) == 1:
        return found[0]
    raise StatementRefused(_unplaced(statement), state=_state(statement), family=statement.family)


def named_partner(statement: Statement) -> str:
    """The partner the first line names. Fewer digits name nobody: published samples have 12.

    A merchant number of the JSON products is none.
    """
    partner_id = "" if statement.is_json else statement.partner_id
    return partner_id if len(partner_id) == _PARTNER_DIGITS else ""


def of_another_region(statement: Statement, account: Account) -> bool:
    """Whether a Hong Kong file came for a global account, or the other way round."""
    if statement.layout is None or statement.family is None or statement.is_json:
        return False
    return _REGIONS.get(statement.family) != account.region


def family_of(statement: Statement, account: Account) -> Family:
    """The family of a usable file; an idle day's first line alone is of the account's region."""
    if statement.family is not None:
        return statement.family
    return Family.HK_IN_STORE if account.is_hk else Family.GLOBAL_IN_STORE


def _among(found: list[Account], statement: Statement, chosen: Account | None) -> Account | None:
    """One of the accounts of a partner number, which may have a contract in both regions."""
    fitting = [account for account in found if not of_another_region(statement, account)]
    if chosen in fitting:
        return chosen
    if len(fitting) == 1:
        return fitting[0]
    return found[0] if len(found) == 1 else None


def _unplaced(statement: Statement) -> str:
    problem = statement.refusal
    if problem is not None and not statement.partner_id:
        return _(problem.reason)
    if statement.is_json and statement.partner_id:
        return _("No account here has the merchant number %(number)s. Name the account.") % {
            "number": statement.partner_id
        }
    if statement.partner_id:
        return _("No account here has the partner number %(number)s.") % {
            "number": statement.partner_id
        }
    return _("Neither the file nor its name says whose it is. Name the account.")


def _state(statement: Statement) -> states.FileState:
    problem: Problem | None = statement.refusal
    code = problem.code if problem else FileState.WRONG_PARTNER
    return states.FileState(code.value)
