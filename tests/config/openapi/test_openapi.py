"""config.openapi: the document covers the API, and people can read it under the strict policy."""

import re

import pytest
from django.urls import URLResolver, get_resolver
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator, FormatChecker

from accounts.api.examples import FIELDS
from config.openapi.document import document, made

OPERATIONS = [
    (path, method, operation)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]
NO_VIEW_OF_THE_API = re.compile(r"^(\^api/|api/schema/|api/docs/|api/2\.0/mcp/)")


def routes(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        yield from routes(pattern, route) if isinstance(pattern, URLResolver) else [(route, pattern.callback)]


def test_the_document_is_valid_openapi_3_1(capsys):
    validate_schema(document())
    assert document()["openapi"].startswith("3.1")


def test_making_it_raises_no_warning(capfd):
    made.cache_clear()
    document()
    assert capfd.readouterr().err == ""


def test_every_api_route_and_method_is_in_it():
    described = {(path, method) for path, method, _ in OPERATIONS}
    for route, callback in routes(get_resolver()):
        if "api/" not in route or NO_VIEW_OF_THE_API.match(route) or not hasattr(callback, "cls"):
            continue
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
        for method in callback.cls.access:
            assert (path, method.lower()) in described, f"{method} {path} is missing"


def test_every_route_under_api_is_a_view_with_declared_access():
    for route, callback in routes(get_resolver()):
        if route.startswith("api/") and not NO_VIEW_OF_THE_API.match(route):
            assert callback.cls.access, route


def test_operations_have_unique_ids_a_summary_and_error_bodies():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names)) > 80
    for path, method, operation in OPERATIONS:
        assert operation["summary"], (method, path)
        assert {"400", "401", "403", "404", "503"} <= set(operation["responses"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_request_field_and_parameter_has_a_help_text(path, method, operation):
    for parameter in operation.get("parameters", ()):
        assert parameter["in"] == "path" or parameter.get("description"), parameter["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        check(content["schema"])


def check(schema):
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, field in schema.get("properties", {}).items():
        assert field.get("description"), name
        check(field.get("items", field))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_request_and_answer_has_an_example_that_its_schema_allows(path, method, operation):
    for content in (operation.get("requestBody", {}), next(iter(operation["responses"].values()))):
        for described in content.get("content", {}).values():
            whole = {**described["schema"], "components": document()["components"]}
            validator = Draft202012Validator(whole, format_checker=FormatChecker())
            assert [error.message for error in validator.iter_errors(described["example"])] == []


def test_every_text_and_number_has_an_example_of_its_own_and_none_is_left_over():
    components = document()["components"]["schemas"]
    fields = {
        (owner, name): field for owner, of in components.items() for name, field in of.get("properties", {}).items()
    }
    plain = {
        (owner, name)
        for (owner, name), field in fields.items()
        if field.get("type") in ("string", "integer") and not field.keys() & {"enum", "format"}
    }
    assert sorted(name for owner, name in plain if not {name, f"{owner}.{name}"} & set(FIELDS)) == []
    known = {name for _, name in fields} | {f"{owner}.{name}" for owner, name in fields}
    assert sorted(set(FIELDS) - known) == []


def test_what_answers_204_has_no_content():
    """A DELETE that answers something says 200: 204 is what drf-spectacular takes it for otherwise."""
    told = [(path, method) for path, method, one in OPERATIONS if one["responses"].get("204", {}).get("content")]
    assert told == []


def test_every_answer_with_content_is_described(client):
    for path, method, operation in OPERATIONS:
        first = next(iter(operation["responses"].values()))
        for media_type, content in first.get("content", {}).items():
            is_file = media_type in {"application/x-ndjson", "text/csv"}
            assert is_file or "$ref" in content["schema"], (method, path)


def test_json_and_yaml_are_served_to_everybody(client):
    assert client.get("/api/schema/").json()["openapi"] == document()["openapi"]
    answer = client.get("/api/schema/?format=yaml")
    assert (answer.headers["Content-Type"], answer.content[:8]) == ("application/yaml", b"openapi:")
    assert client.get("/api/schema/", headers={"Accept": "application/yaml"}).content == answer.content
    assert client.post("/api/schema/").status_code == 405


def test_people_can_read_it_without_scripts_and_styles_of_its_own(client, db):
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert "/api/2.0/accounts/{account_id}/oauth2/custom-app-integrations" in text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
