"""The API's description as a page to read: no script, no style, nothing of anybody else's."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.http.examples import EXAMPLES

_METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


def api_page() -> Route:
    """What answers at /docs: what /openapi.json says."""

    async def answer(request: Request) -> HTMLResponse:
        return HTMLResponse(_html(request.app.openapi()))

    return Route("/docs", answer, methods=["GET"])


def _html(description: Mapping[str, Any]) -> str:
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, operations in description["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                by_tag[operation["tags"][0]].append("".join(_operation(method, path, operation, description)))
    tags = "".join(f"<h2>{escape(tag)}</h2>\n{''.join(each)}" for tag, each in sorted(by_tag.items()))
    schemas = "".join(_schema(name, schema) for name, schema in description["components"]["schemas"].items())
    title = f"The API of {escape(description['info']['title'])}"
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
{_paragraphs(description["info"]["description"])}
<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
{tags}
<h2>Shapes</h2>
{schemas}
</html>
"""


def _operation(method: str, path: str, operation: Mapping[str, Any], description: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}"><code>{method.upper()} {escape(path)}</code></h3>\n'
    yield _paragraphs(f"{operation['summary']}\n\n{operation.get('description', '')}")
    asked = [_resolved(parameter, description) for parameter in operation.get("parameters", ())]
    rows = [
        f"<code>{escape(each['name'])}</code> ({each['in']}){'' if each.get('required') else ', optional'}"
        for each in asked
    ]
    rows += [f"body: {shape}" for shape in _shapes(operation.get("requestBody", {}))]
    for code, response in operation["responses"].items():
        told = _resolved(response, description)
        rows += [f"{code}: {shape}" for shape in _shapes(told) or [escape(told["description"])]]
    yield "<ul>\n" + "".join(f"<li>{row}</li>\n" for row in rows) + "</ul>\n"
    if example := EXAMPLES.get(operation["operationId"]):
        yield f"<pre>{escape(example)}</pre>\n"


def _shapes(content: Mapping[str, Any]) -> list[str]:
    of_kinds = content.get("content", {}).items()
    return [f"<code>{escape(kind)}</code> {_named(of.get('schema', {}))}" for kind, of in of_kinds]


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    members = "".join(
        f"<li><code>{escape(member)}</code>: {_named(of)} {escape(of.get('description', ''))}</li>\n"
        for member, of in schema.get("properties", {}).items()
    )
    about = _paragraphs(schema.get("description", ""))
    return f'<h3 id="{escape(name)}">{escape(name)}</h3>\n{about}<ul>\n{members}</ul>\n'


def _named(schema: Mapping[str, Any]) -> str:
    """A shape in a few words, with a link to each that has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for word, joined in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if word in schema:
            return joined.join(_named(each) for each in schema[word])
    if schema.get("type") == "array":
        return f"list of {_named(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    return escape(str(schema.get("const", schema.get("format", schema.get("type", "anything")))))


def _resolved(each: Mapping[str, Any], description: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in each:
        return each
    place: Any = description
    for step in each["$ref"].removeprefix("#/").split("/"):
        place = place[step]
    found: Mapping[str, Any] = place
    return found


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>\n" for part in text.split("\n\n") if part.strip())
