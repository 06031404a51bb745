"""When Alipay pays out: Friday to Sunday on Monday, what falls on holidays on the next working day.

Source: docs.antom.com/ac/globalbarcode/reconciliation.
"""

from datetime import date, timedelta

from .terms import SettlementRule, Terms

SATURDAY = 5
A_DAY = timedelta(days=1)


def is_working_day(day: date, terms: Terms) -> bool:
    """Whether a bank works on this day."""
    return day.weekday() < SATURDAY and day not in terms.days_off


def settles_on(day: date, terms: Terms) -> bool:
    """Whether anything is paid out on this day."""
    return terms.settlement_rule != SettlementRule.WORKING_DAYS or is_working_day(day, terms)


def last_settled_day(day: date, terms: Terms) -> date:
    """The last day whose money a settlement of this day may pay out."""
    return day if terms.settlement_rule == SettlementRule.SAME_DAY else day - A_DAY
