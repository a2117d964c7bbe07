"""The table of methods, both ways: each is driven by a test here and answered by an operation of the document."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from databricks.sdk import AccountClient, WorkspaceClient

from config.openapi.document import document
from tests.journeys.sdk.methods import METHODS, OWN

PROMISED = {f"{service}.{method}" for service, methods in METHODS.items() for method in methods.split()}
CLIENTS = {"account": AccountClient, "workspace": WorkspaceClient}
SERVICE = re.compile(r"(account|workspace)\.\w+")
CALL = re.compile(r"(account|workspace)\.(?!api_client)\w+\.\w+")
SENDS = re.compile(r'_api\.do\(\s*"(\w+)",\s*f?"([^"]+)"')


def test_every_method_is_driven_and_no_other_is_promised():
    driven = {name for path in Path(__file__).parent.glob("test_*.py") for name in driven_by(path.read_text())}
    assert sorted(PROMISED - driven) == []
    writes = {f"workspace.{service}.delete" for service in ("catalogs", "schemas", "tables", "functions")}
    assert driven - PROMISED == writes  # to see them refused


def test_every_method_has_its_operation_and_every_compatible_operation_its_method():
    described = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
        for path, operations in document()["paths"].items()
        for method in operations
        if not path.startswith("/api/gatepost/")
    }
    assert {operation_of(name) for name in PROMISED} | OWN == described


def driven_by(source: str) -> Iterator[str]:
    """Yield what the tests of a file call: account.users.create(...), or service.create(...) for each parameter."""
    body = ast.parse(source).body
    marks = {ast.unparse(node.targets[0]): node.value for node in body if isinstance(node, ast.Assign)}
    for test in (node for node in body if isinstance(node, ast.FunctionDef)):
        decorators = [marks.get(ast.unparse(mark), mark) for mark in test.decorator_list]
        texts = [node.value for mark in decorators for node in ast.walk(mark) if isinstance(node, ast.Constant)]
        services = [text for text in texts if isinstance(text, str) and SERVICE.fullmatch(text)]
        for name in (ast.unparse(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)):
            if CALL.fullmatch(name):
                yield name
            elif name.startswith("service."):
                yield from (name.replace("service", service, 1) for service in services)


def operation_of(name: str) -> str:
    """Return the method and path that the SDK sends, read from its source."""
    surface, service, method = name.split(".")
    api = inspect.signature(getattr(CLIENTS[surface], service).fget).return_annotation
    ((verb, path),) = set(SENDS.findall(inspect.getsource(getattr(api, method))))
    path = path.replace("unity-catalog/{name}", "unity-catalog/mcp-services/{name}")  # the name holds both
    return f"{verb} {re.sub(r'{[^}]*}', '{}', path)}"
