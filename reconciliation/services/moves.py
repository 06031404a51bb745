"""How a file's state moves: under its account's lock, along its table."""

from merchant_portal.accounts.models import Account
from reconciliation.models import StatementFile
from reconciliation.states import FILE_AWAITED, FILE_MACHINE, FileState

#: What a new row may begin as.
_BEGINNINGS = (*FILE_AWAITED, FileState.RECEIVED)


def lock_account(account_id: int) -> Account:
    """One delivery of an account at a time; payments that only name the account are not held up."""
    return Account.objects.select_for_update(no_key=True).get(pk=account_id)


def move(file: StatementFile, to: FileState) -> None:
    """Move a locked or new file; raises MoveRefused unless the table permits it."""
    if file.state or to not in _BEGINNINGS:
        FILE_MACHINE.check(FileState(file.state), to)
    file.state = to
