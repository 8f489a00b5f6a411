"""Request bodies: JSON, or a launch written as YAML."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.parser import Parser

from runs.documents import Document, DocumentError, parse_document, write_document
from runs.yaml_text import Place, Problem

#: application/yaml is the registered one (RFC 9512); the others are older and still sent.
YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})


class BodyParser(Parser):
    """A YAML body stands for the JSON body with the keys project, name, tags, spec, space and sweep."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type not in YAML_TYPES:
            return super().parse_body(request)
        document = parse_document(_text(request.body))
        body = {key: getattr(document, key) for key in ("spec", "space", "name", "tags")}
        if document.space:
            body["sweep"] = document.plan.to_json()
        return body | ({"project": document.project} if document.project else {})


def yaml_response(document: Document, name: str) -> HttpResponse:
    """``document`` as a YAML file to keep, called ``name``."""
    return file_response(write_document(document), "application/yaml", f"{name}.yaml")


def file_response(text: str, content_type: str, name: str) -> HttpResponse:
    """``text`` as a file that a browser saves under ``name``."""
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_safe(name)}"'
    return response


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        problem = Problem(Place(line, 1), "yaml", "This line is not UTF-8 text.")
        raise DocumentError([problem]) from error


def _safe(name: str) -> str:
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in name)
