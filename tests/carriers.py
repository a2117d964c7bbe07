"""Which tests carry which requirements, read from their source: quick, and right although only one file is run."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.requirements import REQUIREMENTS


def carriers(folder: Path, faults: list[str]) -> dict[str, list[str]]:
    """Return id -> tests of the folder that carry it, read without importing them. Wrong marks are told in `faults`."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        marks = {node for node in ast.walk(tree) if is_mark(node)}
        for name, test in tests(tree):
            own = {node for each in test.decorator_list for node in ast.walk(each) if is_mark(node)}
            marks -= own
            where = f"{path.relative_to(folder)}::{name}"
            if own and not path.name.startswith("test_"):
                faults.append(f"{where}: is not collected")
            for identity in [identity for mark in own for identity in ids(mark, where, faults)]:
                found.setdefault(identity, []).append(where)
        faults += [f"{path.relative_to(folder)}:{mark.lineno}: stands on no test" for mark in marks]
    return found


def is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "requirement"


def tests(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions that pytest collects: test_* of the module and of its classes Test*."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    for holder in [tree, *classes]:
        for node in holder.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                yield node.name, node


def ids(mark: ast.Call, where: str, faults: list[str]) -> list[str]:
    """Return what the mark names; anything but plain strings is a fault, because nobody could look it up."""
    named = [node.value for node in mark.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if len(named) != len(mark.args) or mark.keywords or not named:
        faults.append(f"{where}: names no plain ids")
    return named


if __name__ == "__main__":
    proven = carriers(Path(__file__).parent, [])
    lines = [
        f"| {identity} | {sentence} | {source} | {', '.join(proven.get(identity, []))} |"
        for identity, (sentence, source) in REQUIREMENTS.items()
    ]
    sys.stdout.write("\n".join(["| id | requirement | source | tests |", "|---|---|---|---|", *lines, ""]))
