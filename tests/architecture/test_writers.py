"""Who may write what: the ledger has one writer, states move in services alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import APPS, python_of

_WRITES = frozenset(
    {"create", "bulk_create", "get_or_create", "update_or_create", "update", "delete"}
)


def _ours() -> Iterator[tuple[Path, ast.Module]]:
    return (each for each in python_of(*APPS) if "simulator" not in each[0].parts)


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _writes_entry(call: ast.Call) -> bool:
    match call.func:
        case ast.Name("LedgerEntry"):
            return True
        case ast.Attribute(value, method) if method in _WRITES:
            return "LedgerEntry" in _names(value)
    return False


def test_ledger_entries_are_written_by_the_ledger_alone() -> None:
    writers = {
        path.as_posix()
        for path, module in _ours()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and _writes_entry(node)
    }
    assert writers == {"payments/ledger.py"}


def _sets_state(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets):
            return any(isinstance(each, ast.Attribute) and each.attr == "state" for each in targets)
        case ast.AugAssign(ast.Attribute(_, "state")) | ast.AnnAssign(ast.Attribute(_, "state")):
            return True
        case ast.Call(ast.Attribute(_, "update"), _, keywords):
            return any(keyword.arg == "state" for keyword in keywords)
    return False


def test_states_move_in_services_alone() -> None:
    movers = {path for path, module in _ours() for node in ast.walk(module) if _sets_state(node)}
    assert movers
    # A refusal may carry the state it was refused for.
    rooms = {"services", "services.py", "errors.py"}
    assert not [path for path in movers if not rooms & set(path.parts)]


def test_time_comes_from_the_clock_alone() -> None:
    tellers = {
        path.as_posix()
        for path, module in _ours()
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and _names(node.func.value) & {"datetime", "date", "timezone"}
    }
    assert tellers == {"merchant_portal/clock.py"}
