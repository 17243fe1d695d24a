"""Makes what the examples import, out of schemas/: a client of the HTTP API from the OpenAPI document,
and from the AsyncAPI document the topics and their messages, in protobuf and in JSON.

    .venv/bin/python Examples/python/generate.py [FOLDER]

Without FOLDER it goes into `generated` beside this file, where the examples look for it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
SCHEMAS = HERE.parent.parent / "schemas"


def run(*command):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def snake(name):
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower())


def topics(folder):
    """reprise_topics: for each channel its topic, and of its messages the content type and a reader."""
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())
    imports, lines, sources = set(), [], set()
    for name, channel in document["channels"].items():
        readers = []
        for title, reference in channel["messages"].items():
            message = document["components"]["messages"][reference["$ref"].split("/")[-1]]
            source = message.get("payload", {}).get("schema", {}).get("$ref", "")
            if source.endswith(".proto"):
                sources.add(source)
                package, _, kind = message["x-protobuf-message"].rpartition(".")
                module = f"{Path(source).stem}_pb2"
                imports.add(f"from {package} import {module}")
                read = f"{module}.{kind}.FromString"
            elif source.endswith(".schema.json"):
                module = snake(source.removesuffix(".schema.json")) + "_json"
                imports.add(f"import {module}")
                read = f"{module}.{model(folder, source, module)}.model_validate_json"
            else:
                continue  # Without a payload: a tombstone.
            readers.append(f"    {title!r}: ({message['contentType']!r}, {read}),")
        default = document["components"]["parameters"]["prefix"]["default"]
        lines += [
            f"def {snake(name)}_topic(prefix={default!r}):",
            f"    return {channel['address']!r}.format(prefix=prefix)", "", "",
            f"{snake(name).upper()} = {{", *readers, "}", "", "",
        ]
    (folder / "reprise_topics.py").write_text("\n".join([*sorted(imports), "", "", *lines]))
    run("grpc_tools.protoc", f"-I{SCHEMAS / 'proto'}", f"--python_out={folder}",
        *(SCHEMAS / source for source in sorted(sources)))


def model(folder, source, module):
    """A pydantic model of a JSON Schema; gives its name. A value that it does not know is no error."""
    run("datamodel_code_generator", "--input", SCHEMAS / source, "--input-file-type", "jsonschema",
        "--output-model-type", "pydantic_v2.BaseModel", "--ignore-enum-constraints",
        "--formatters", "builtin", "--output", folder / f"{module}.py")
    return yaml.safe_load((SCHEMAS / source).read_text())["title"]


def client(folder):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write("post_hooks: []\n")  # No formatter: nobody edits it.
        config.flush()
        run("openapi_python_client", "generate", "--path", SCHEMAS / "openapi.yaml",
            "--config", config.name, "--meta", "none", "--overwrite", "--fail-on-warning",
            "--output-path", folder / "reprise_client")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "generated")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    topics(folder)
    client(folder)


if __name__ == "__main__":
    main()
