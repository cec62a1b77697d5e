"""HTTP, where something else than the service answers."""

import ast
import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.machine import transport, trust
from app.client.machine.transport import ANSWER_LIMIT, MEMBERS, WORD_LIMIT, Answer, Refused, Service, Told, Unreachable
from app.protocol.errors import Malformed


class _Impostor(BaseHTTPRequestHandler):
    """Answers each path as a service never would."""

    def do_GET(self) -> None:
        status, body = {
            "/v1/redirect": (302, b""),
            "/v1/page": (200, b"<html>"),
            "/v1/list": (200, b"[]"),
            "/v1/words": (200, b'{"items": ["rep_1"], "next": null}'),
            "/v1/blank": (503, b"<html>"),
            "/v1/problem": (409, b'{"type": "/problems/guards-fail", "title": "Not yet", "failing": ["has_owner"]}'),
            "/v1/long": (200, b"x" * 1000),
            "/v1/packed": (200, gzip.compress(b"{}")),
            "/v1/wordy": (409, b" " * WORD_LIMIT + b"{}"),
            "/v1/onward": (200, b'{"items": [], "next": "x"}'),
            "/v1/round": (200, b'{"items": [{}], "next": "x"}'),
            "/v1/key-log": (200, b"{}\n{}\n"),
            "/v1/endless": (200, b" " * ANSWER_LIMIT + b"{}"),
        }[self.path.partition("?")[0]]
        self.send_response(status)
        if self.path == "/v1/packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    server = HTTPServer(("127.0.0.1", 0), _Impostor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with closing(Service(f"http://127.0.0.1:{server.server_port}")) as found:
        yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/packed", "/wordy", "/endless"])
def test_what_is_packed_or_longer_than_an_answer_is_refused_before_it_fills_a_memory(
    service: Service, path: str
) -> None:
    with pytest.raises(Refused) as refusal:
        service.get(path)
    with pytest.raises(Refused) as downloaded:
        service.download(path, BytesIO(), limit=1000)

    assert {refusal.value.type, downloaded.value.type} == {"not-understood"}


def test_a_problem_is_raised_under_its_type(service: Service) -> None:
    with pytest.raises(Refused) as refusal:
        service.get("/problem")

    assert (refusal.value.type, refusal.value.status) == ("guards-fail", 409)
    assert refusal.value.extensions["failing"] == ["has_owner"]


@pytest.mark.parametrize("path", ["/redirect", "/blank"])
def test_nobody_is_led_elsewhere(service: Service, path: str) -> None:
    with pytest.raises(Refused, match="without a problem"):
        service.get(path)


@pytest.mark.parametrize("path", ["/page", "/list"])
def test_what_is_no_object_is_not_read(service: Service, path: str) -> None:
    with pytest.raises(Refused) as refusal:
        service.get(path).json()

    assert refusal.value.type == "not-understood"


def test_a_download_ends_at_its_limit(service: Service) -> None:
    with pytest.raises(Refused, match="longer"):
        service.download("/long", BytesIO(), limit=999)


def test_a_proxy_of_the_environment_is_not_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with closing(Service(service.server)) as fresh, pytest.raises(Refused):
        fresh.get("/problem")


def test_silence_is_unreachable() -> None:
    with closing(Service("http://127.0.0.1:1")) as nobody, pytest.raises(Unreachable):
        nobody.get("/intake")


def test_the_members_that_are_checked_are_those_of_the_api() -> None:
    schemas = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())["components"]["schemas"]
    said: dict[str, set[type]] = {}
    for name, schema in schemas.items():
        if not name.endswith("In"):
            for member, form in schema.get("properties", {}).items():
                said.setdefault(member, set()).update(_types(form, schemas))
    # `status` is a word of a consent and a number of a problem. The others are read from no answer but a problem.
    of_problems = {"status", "type", "title", "code", "comment", "in", "method", "pointer", "retry_after_seconds"}

    assert {name: set(types) for name, types in MEMBERS.items()} == {
        name: types for name, types in said.items() if name not in of_problems
    }


@given(
    name=st.sampled_from(sorted(MEMBERS)),
    value=st.sampled_from([None, True, 7, 7.5, "text", [], {}]),
    around=st.sampled_from(["%s", '{"items": [%s], "next": null}', '{"x": {"y": [[%s]]}}']),
)
def test_an_answer_is_refused_where_any_member_is_not_what_the_api_says(name: str, value: object, around: str) -> None:
    answer = Answer(200, (around % json.dumps({name: value})).encode())

    if (Told if isinstance(value, dict) else type(value)) in MEMBERS[name]:
        answer.json()
    else:
        with pytest.raises(Refused, match="not what the service would say"):
            answer.json()


def test_a_member_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="not what the service would say"):
        Answer(200, b'{"id": "rep_1"}').json()["ref"]


@pytest.mark.parametrize(
    "content",
    [rb'{"hour": "\ud800"}', rb'{"\uDFFF": 1}', b'{"x": ' + b"[" * 100_000, b'{"x": "\xff"}'],
    ids=["half", "half a name", "deep", "bytes"],
)
def test_what_cannot_be_written_again_is_no_answer(content: bytes) -> None:
    with pytest.raises(Refused, match="not what the service would say"):
        Answer(200, content).json()


def test_a_list_of_something_else_than_objects_is_refused(service: Service) -> None:
    with pytest.raises(Refused, match="not what the service would say"):
        list(service.items("/words"))


@pytest.mark.parametrize("path", ["/onward", "/round"])
def test_a_list_without_end_is_refused(service: Service, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "PAGES_LIMIT", 3)

    with pytest.raises(Refused, match="not what the service would say"):
        list(service.items(path))


def test_a_key_log_without_end_is_malformed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "LINES_LIMIT", 7)

    with pytest.raises(Malformed, match="without end"):
        trust.fetch_root(service)


def _types(form: dict[str, Any], schemas: dict[str, Any]) -> set[type]:
    if "$ref" in form:
        form = schemas[form["$ref"].rpartition("/")[2]]
    if "anyOf" in form:
        return {type_ for each in form["anyOf"] for type_ in _types(each, schemas)}
    types: dict[str, type] = {
        "string": str,
        "integer": int,
        "boolean": bool,
        "array": list,
        "object": Told,
        "null": type(None),
    }
    return {types[form.get("type", "string")]}


def test_what_is_sent_under_a_key_goes_to_routes_that_keep_it_and_what_is_not_to_others() -> None:
    """What a route forgets and the client sends again would be done twice."""
    paths = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())["paths"]
    keeps = {path: _keeps_key(acts["post"]) for path, acts in paths.items() if "post" in acts}

    sent = list(_posts(Path(transport.__file__).parents[1]))

    assert {is_kept for _, is_kept in sent} == {True, False}
    for path, is_kept in sent:
        assert {keeps[each] for each in keeps if re.fullmatch(path, each)} == {is_kept}, path


def _keeps_key(act: dict[str, Any]) -> bool:
    return any(each.get("$ref", "").endswith("/Idempotency-Key") for each in act.get("parameters", ()))


def _posts(client: Path) -> Iterator[tuple[str, bool]]:
    """Each path that any module of the client posts to, as a pattern, and whether under a key."""
    for module in client.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr.startswith("post")
            ):
                parts = node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
                path = "".join(re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".*" for each in parts)
                yield f"/v1{path}", node.func.attr == "post"
