"""Writes the pages of the documentation that are made of schemas/: the HTTP API, the error codes, and
files that are taken over as they are. docs_pages.py CATALOG writes into that folder."""

import pathlib
import re
import sys

import yaml

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "schemas"
METHODS = ("get", "put", "post", "delete", "patch")

# file of schemas/ -> page, and one sentence about it where the file does not begin with one
TAKEN = {
    "access.md": ("Access", "Who may ask a node or a worker for what."),
    "signatures.md": ("Signatures", "How posts to handlers are signed, and how to verify them."),
    "journal-format.md": ("JournalFormat", "A node's log on disk, byte by byte."),
    "README.md": ("Schemas", "Events, topics and headers; the rules of compatibility."),
    "traces.md": ("Traces", "Every span, and what a session carries of the trace it was opened in."),
    "participants.md": ("Participants", "What services ask of each other that share a transaction."),
    "metrics.md": ("Metrics", "Every metric of nodes and workers."),
}


def cell(text):
    """As it may stand in a table: on one line, without bars or tags."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "\\<")


def first_sentence(text):
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


# The HTTP API


class API:
    def __init__(self, document):
        self.document = document

    def resolved(self, part):
        """What a reference leads to."""
        while "$ref" in part:
            value = self.document
            for step in part["$ref"].split("/")[1:]:
                value = value[step]
            part = value
        return part

    def type(self, schema):
        """In a few words; a schema with a name is a section of the page."""
        if "$ref" in schema:
            return schema["$ref"].rsplit("/", 1)[1]
        for union in ("oneOf", "anyOf", "allOf"):
            if union in schema:
                return " or ".join(self.type(part) for part in schema[union])
        kind = schema.get("type", "any")
        kind = kind if isinstance(kind, str) else " or ".join(kind)
        if kind == "array":
            return f"list of {self.type(schema.get('items', {}))}"
        return kind

    def page(self):
        info = self.document["info"]
        text = "# HTTP API\n\nThe API of nodes and workers, and what is posted to handlers.\n\n"
        text += f"## Overview\n\n{info['description'].strip()}\n\n"
        text += "This page is made of `schemas/openapi.yaml`, of which clients can be generated.\n"
        for tag in self.document["tags"]:
            text += f"\n## {tag['name'].capitalize()}\n\n{tag['description']}\n"
            for path, item in self.document["paths"].items():
                for method in METHODS:
                    operation = item.get(method)
                    if operation and tag["name"] in operation["tags"]:
                        text += self.operation(method, path, operation, item)
        text += "\n## Posted to handlers\n"
        for name, item in self.document.get("webhooks", {}).items():
            for method in METHODS:
                if method in item:
                    text += self.operation(method, f"(webhook {name})", item[method], item)
        text += "\n## Schemas\n"
        for name, schema in self.document["components"]["schemas"].items():
            text += self.schema(name, schema)
        return text

    def operation(self, method, path, operation, item):
        text = f"\n### {operation['operationId']}\n\n`{method.upper()} {path}`\n\n"
        text += operation["summary"].strip() + "\n"
        if "description" in operation:
            text += f"\n{operation['description'].strip()}\n"
        parameters = [self.resolved(part) for part
                      in item.get("parameters", []) + operation.get("parameters", [])]
        if parameters:
            text += "\n| parameter | in | type | meaning |\n|---|---|---|---|\n"
        for part in parameters:
            text += (f"| `{part['name']}` | {part['in']} | {self.type(part.get('schema', {}))} "
                     f"| {cell(part.get('description', ''))} |\n")
        body = self.resolved(operation.get("requestBody", {})).get("content", {})
        for form, content in body.items():
            text += f"\nBody: {self.type(content.get('schema', {}))} (`{form}`).\n"
        text += "\n| answer | meaning | body |\n|---|---|---|\n"
        for status, answer in operation["responses"].items():
            answer = self.resolved(answer)
            bodies = [self.type(content.get("schema", {}))
                      for content in answer.get("content", {}).values()]
            text += (f"| {status} | {cell(answer.get('description', ''))} "
                     f"| {cell(' or '.join(dict.fromkeys(bodies)))} |\n")
        return text

    def schema(self, name, schema):
        text = f"\n### {name}\n"
        if "description" in schema:
            text += f"\n{schema['description'].strip()}\n"
        if "enum" in schema and name != "ErrorCode":
            text += "\nOne of " + ", ".join(f"`{value}`" for value in schema["enum"]) + ".\n"
        elif name == "ErrorCode":
            text += "\nOne of those of <doc:ErrorCodes>.\n"
        elif "properties" not in schema:
            text += f"\nA value of the type {self.type(schema)}.\n"
        if "properties" in schema:
            text += "\n| field | type | | meaning |\n|---|---|---|---|\n"
        for field, part in schema.get("properties", {}).items():
            needed = "required" if field in schema.get("required", []) else ""
            meaning = part.get("description", "")
            if "enum" in part:
                meaning += " One of " + ", ".join(f"`{value}`" for value in part["enum"]) + "."
            text += f"| `{field}` | {self.type(part)} | {needed} | {cell(meaning)} |\n"
        return text


# Error codes


def errors(catalog):
    listed = ""
    for path in sorted((SCHEMAS / "errors").glob("*.md")):
        title, rest = path.read_text().split("\n", 1)
        happened = re.search(r"## What happened\n\n(.*?)\n\n", rest + "\n\n", re.S).group(1)
        page = f"Error-{path.stem}"
        (catalog / f"{page}.md").write_text(f"{title}\n\n{first_sentence(happened)}\n{rest}")
        listed += f"- <doc:{page}>\n"
    (catalog / "ErrorCodes.md").write_text(
        "# Error codes\n\nWhat each code says, why it comes, what to do, and whether anything is "
        "lost.\n\n## Overview\n\nEvery error of the library, the API, the command and the logs "
        "(`reprise.error.code`) has one of these codes. Codes are never renamed.\n\n"
        f"## Topics\n\n### Codes\n\n{listed}")


# Files that are taken over


def page_of(target):
    """Where a link of schemas/ leads on the site; nothing where it leads to a file only."""
    name = target.split("#")[0].removeprefix("./").removeprefix("../schemas/")
    if re.fullmatch(r"errors/\w+\.md", name):
        return "Error-" + pathlib.Path(name).stem
    return TAKEN[name][0] if name in TAKEN else None


def relinked(text):
    def link(found):
        label, target = found.groups()
        if re.match(r"https?:", target):
            return found.group(0)
        page = page_of(target)
        return f"<doc:{page}>" if page else label
    return re.sub(r"\[([^\]]*)\]\(([^)\s]+)\)", link, text)


def taken(catalog):
    for name, (page, sentence) in TAKEN.items():
        source = SCHEMAS / name
        if not source.exists():
            continue
        title, rest = source.read_text().split("\n", 1)
        (catalog / f"{page}.md").write_text(
            f"{title}\n\n{sentence}\n\n## Overview\n\nThis page is `schemas/{name}`.\n"
            f"{relinked(rest)}")


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    api = API(yaml.safe_load((SCHEMAS / "openapi.yaml").read_text()))
    (folder / "HTTPAPI.md").write_text(api.page())
    errors(folder)
    taken(folder)
