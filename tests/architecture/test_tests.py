"""Tests are honest: nothing of ours is replaced while it is tried."""

import ast

from tests.architecture.source import python_of

_REPLACES = frozenset({"mock", "mocker", "MagicMock", "patch"})


def test_nothing_of_ours_is_patched() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, module in python_of("tests")
        for node in ast.walk(module)
        if _replaces(node)
    ]
    assert found == []


def _replaces(node: ast.AST) -> bool:
    match node:
        case ast.Import(names) | ast.ImportFrom(names=names):
            return any(each.name.split(".")[-1] in _REPLACES for each in names)
        case ast.Call(ast.Attribute(ast.Name("monkeypatch"), "setattr" | "setitem")):
            return True
    return False
