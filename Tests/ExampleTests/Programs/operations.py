"""Calls a node with the generated client, and holds every answer to schemas/openapi.yaml.

Prints the operations that were called. What the document does not say ends it with status 1.
"""

import importlib
import inspect
import os
import pkgutil
import re
import sys
import time
import uuid
from pathlib import Path

import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "Examples" / "python"))
import node  # noqa: E402
from reprise_client import api, models  # noqa: E402

DOCUMENT = yaml.safe_load((ROOT / "schemas" / "openapi.yaml").read_text())
METHODS = ["get", "put", "post", "delete", "patch"]
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items() if method in METHODS
}
KIND = "user.create"


def parts(node):
    """The names of the schemas that others are made of."""
    for value in node if isinstance(node, list) else node.values():
        if isinstance(value, (dict, list)):
            yield from parts(value)
    for part in node.get("allOf", []) if isinstance(node, dict) else []:
        if "$ref" in part:
            yield part["$ref"].split("/")[-1]


def closed(node, is_part=False):
    """`node` with schemas that also refuse what they do not name: clients would not learn of it."""
    if isinstance(node, list):
        return [closed(entry, is_part) for entry in node]
    if not isinstance(node, dict):
        return node
    copy = {key: closed(value, key == "allOf") for key, value in node.items()}
    if not is_part and ("allOf" in copy or "type" in copy and isinstance(copy.get("properties"), dict)):
        copy.setdefault("unevaluatedProperties", False)
    return copy


def strict():
    copy = closed(DOCUMENT)
    for name in set(parts(DOCUMENT)):
        copy["components"]["schemas"][name].pop("unevaluatedProperties", None)
    return copy


def snake(name):
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def functions():
    """The generated modules by the name that each has there."""
    return {
        name.rstrip("_"): importlib.import_module(f"{api.__name__}.{tag}.{name}")
        for _, tag, _ in pkgutil.iter_modules(api.__path__)
        for _, name, _ in pkgutil.iter_modules([str(Path(api.__path__[0]) / tag)])
    }


class Checker:
    """Looks at each answer as it came, before the generated code reads it."""

    def __init__(self):
        self.wrong = []
        self.called = {}
        self.registry = Registry().with_resource(
            "urn:openapi", Resource.from_contents(strict(), default_specification=DRAFT202012))

    def find(self, request):
        for name, (method, path, operation) in OPERATIONS.items():
            pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path))
            if method == request.method.lower() and re.fullmatch(pattern, request.url.path):
                # A path without parameters is found before one that has them in their place.
                if "{" not in path or request.url.path not in DOCUMENT["paths"]:
                    return name, operation
        raise LookupError(f"{request.method} {request.url.path} is not in the document")

    def __call__(self, response):
        response.read()
        name, operation = self.find(response.request)
        status = str(response.status_code)
        self.called.setdefault(name, []).append(status)
        answers = operation["responses"]
        answer = answers.get(status, answers.get("default"))
        where = f"{name} {status}"
        if answer is None:
            self.wrong.append(f"{where} is not in the document")
            return
        if "$ref" in answer:
            answer = DOCUMENT["components"]["responses"][answer["$ref"].split("/")[-1]]
        content = answer.get("content", {})
        kind = response.headers.get("content-type", "").split(";")[0]
        if kind not in content:
            self.wrong.append(f"{where} has the content type {kind!r}, not {list(content)}")
        elif kind == "application/json":
            schema = content[kind]["schema"]
            if "$ref" in schema:
                schema = {"$ref": "urn:openapi" + schema["$ref"]}
            validator = OAS31Validator(schema, registry=self.registry)
            self.wrong += [
                f"{where} {error.json_path}: {error.message}"
                for error in validator.iter_errors(response.json())]


class Caller:
    def __init__(self, url):
        self.client = node.client(url)
        self.checker = Checker()
        self.client.get_httpx_client().event_hooks = {"response": [self.checker]}
        self.functions = functions()

    def __call__(self, name, *arguments, expect="2", **fields):
        """Gives what was read of the answer, whose status begins as expected."""
        module = self.functions[snake(name)]
        response = module.sync_detailed(*arguments, client=self.client, **fields)
        status = str(int(response.status_code))
        if not status.startswith(expect):
            sys.exit(f"{name}: {status} {response.content[:500]}")
        if response.parsed is None and response.headers["content-type"] == "application/json":
            sys.exit(f"{name}: the generated code did not read {response.content[:500]}")
        return response.parsed


def sessions(call):
    later = 3_600_000
    call("open", body=models.Open(kind="nobody.knows"), expect="422")
    opening = models.Open(kind=KIND, id=uuid.uuid4(), record_text="one")
    session = call("open", body=opening).id
    assert call("open", body=opening).existed
    call("append", session, body=models.Write(record_text="two"))
    call("replace", session, body=models.Write(record_json={"three": 3}))
    call("extend", session, body=models.Extend(by_ms=60_000))
    found = call("get", session)
    assert found.id == session and len(found.records) == 1, found
    call("list", kind=KIND, limit=10)
    call("append", session, body=models.Write(record_text="x"), reprise_token="1", expect="409")
    call("complete", session, body=models.Complete())
    call("get", session, expect="404")
    call("append", session, body=models.Write(), expect="4")

    session = call("open", body=models.Open(kind=KIND)).id
    call("close", session, body=models.After(after_ms=later))
    call("requeue", session, body=models.After(after_ms=later))
    call("cancel", session, body=models.Nothing())
    operations = [
        models.Operation.from_dict({"operation": "open", "kind": KIND, "recordText": "batch"}),
        models.Operation.from_dict({"operation": "open", "kind": "nobody.knows"}),
    ]
    call("batch", body=models.Batch(operations=operations))


def parked(call):
    session = call("open", body=models.Open(kind=KIND, record_text="stuck")).id
    call("close", session, body=models.After(after_ms=3_600_000))
    call("park", session, body=models.Park(reason="as asked"))
    end = time.monotonic() + 90
    while session not in [one.id for one in call("deadLetters").dead_letters]:
        if time.monotonic() > end:
            sys.exit(f"{session} is not parked")
        time.sleep(0.05)
    return session


def operators(call):
    session = parked(call)
    call("deadLetter", session)
    call("deadLetter", uuid.uuid4(), expect="404")
    call("requeueDeadLetter", session, body=models.RequeueDeadLetter(after_ms=3_600_000))
    call("cancel", session, body=models.Nothing())
    call("cancelDeadLetter", parked(call), body=models.Nothing())
    order = call("requeueDeadLetters", body=models.RequeueOrder())
    call("requeueBatch", order.id)
    call("cancelBatch", order.id, body=models.Nothing())
    call("pauseKind", KIND, body=models.Park(reason="for a moment"))
    call("kinds")
    call("resumeKind", KIND, body=models.Nothing())
    call("reload", body=models.Nothing())


def transactions(call):
    unknown = uuid.uuid4()
    call("listTransactions", limit=10)
    call("showTransaction", unknown, expect="404")
    call("resolveTransaction", unknown, body=models.Resolve.from_dict(
        {"outcome": "committed", "reason": "by hand"}), expect="404")
    call("forgetTransaction", unknown, body=models.Forget(unchecked=False), expect="404")
    # A branch of another node's journal: nothing of it is here.
    name = f"52505253_{'0' * 16}{unknown.hex}_00000001"
    branch = models.BranchOfTransaction(branch=name)
    part = models.PartOfTransaction(branch=name, part=unknown)
    call("preparePart", body=part, expect="404")
    call("commitPartInOnePhase", body=part, expect="404")
    for operation in ["commitPart", "rollBackPart", "endPart"]:
        assert call(operation, body=branch).branch == name
    assert call("listParts", body=models.PartsAfter()).branches == []
    call("askDecision", body=branch, expect="404")
    call("askDecision", body=models.BranchOfTransaction(branch="1_00_00"), expect="400")


def rest(call):
    """What asks without arguments, whatever the document has."""
    for name, (method, path, _) in OPERATIONS.items():
        if method != "get" or "{" in path or name in call.checker.called:
            continue
        required = [
            parameter.name
            for parameter in inspect.signature(call.functions[snake(name)].sync_detailed).parameters.values()
            if parameter.default is parameter.empty and parameter.name != "client"]
        if not required:
            call(name, expect="")


def main():
    call = Caller(os.environ["REPRISE_URL"])
    missing = {snake(name) for name in OPERATIONS} - set(call.functions)
    if missing:
        sys.exit(f"The generated client does not have {sorted(missing)}")
    sessions(call)
    operators(call)
    transactions(call)
    rest(call)
    print(*sorted(call.checker.called))
    if call.checker.wrong:
        sys.exit("\n".join(dict.fromkeys(call.checker.wrong)))


if __name__ == "__main__":
    main()
