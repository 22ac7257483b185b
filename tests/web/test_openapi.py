"""``docs/openapi.yaml`` and the application say the same, and Schemathesis finds nothing that is not written there."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

import jsonschema_rs
import pytest
import yaml
from aiohttp import web

from adapters.web import bodies
from tests.conftest import ROOT
from tests.web.sites import Site

DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, path and description of every call in the document."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS & set(item):
            yield method.upper(), path, item[method]


def examples(node: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield every example with the schema beside it."""
    if isinstance(node, dict):
        if "schema" in node:
            for example in node.get("examples", {}).values():
                yield node["schema"], example["value"]
        for each in node.values():
            yield from examples(each)


def routes(app: web.Application) -> set[tuple[str, str]]:
    """Return every call that the application takes; HEAD comes with GET. The desk's pages are for people, not programs."""
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and not route.resource.canonical.startswith("/desk")
    }


def test_the_document_is_openapi() -> None:
    """It is valid by the OpenAPI 3.1 schema."""
    from schemathesis.openapi import from_dict

    schema = from_dict(DOCUMENT)
    schema.validate()

    assert len(list(schema.get_all_operations())) == len(list(operations()))


def test_every_route_is_documented_and_every_documented_call_is_a_route(site_app: web.Application) -> None:
    """The calls of the application and of the document are the same, both ways."""
    assert routes(site_app) == {(method, path) for method, path, _ in operations()}


@pytest.fixture
async def site_app(site: Site) -> web.Application:
    """The application."""
    return site.app


def test_every_example_is_valid() -> None:
    """Each example in the document fits the schema beside it."""
    found = list(examples({"paths": DOCUMENT["paths"], **DOCUMENT["components"]}))

    assert len(found) > 20
    for schema, value in found:
        jsonschema_rs.validate({**schema, "components": DOCUMENT["components"]}, value)


def test_every_json_body_has_an_example() -> None:
    """No request and no answer in JSON is described by its schema alone."""
    bodies = [
        media
        for _, _, operation in operations()
        for each in [operation.get("requestBody", {}), *operation["responses"].values()]
        for kind, media in each.get("content", {}).items()
        if kind.endswith("json")
    ]

    assert bodies
    assert all(media.get("examples") for media in bodies)


def test_every_shared_part_is_used() -> None:
    """Nothing is described that no call refers to."""
    text = (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    unused = [
        f"{group}/{name}"
        for group in ("schemas", "responses", "parameters")
        for name in DOCUMENT["components"][group]
        if f"#/components/{group}/{name}" not in text
    ]

    assert unused == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Start", bodies.Start),
        ("Message", bodies.Post),
        ("AskForPerson", bodies.Ask),
        ("Feedback", bodies.Feedback),
        ("Presence", bodies.Presence),
        ("Contact", bodies.Contact),
    ],
)
def test_the_fields_of_a_request_are_those_that_are_read(name: str, body: Any) -> None:
    """The document and the code name the same fields and ask for the same ones."""
    schema = DOCUMENT["components"]["schemas"][name]

    assert set(schema["properties"]) == {field.name for field in fields(body)}
    assert set(schema.get("required", [])) == {field.name for field in fields(body) if field.default is MISSING}


def test_the_kinds_of_turns_are_the_kinds_of_the_core() -> None:
    """Every kind that a turn can have is in the document."""
    from bot.model import Kind

    assert DOCUMENT["components"]["schemas"]["Turn"]["properties"]["kind"]["enum"] == [kind.value for kind in Kind]
