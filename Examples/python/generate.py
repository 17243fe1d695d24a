"""Makes what the examples import, out of schemas/: the protobuf messages and a client of the HTTP API.

    .venv/bin/python Examples/python/generate.py [FOLDER]

Without FOLDER it goes into `generated` beside this file, where the examples look for it.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCHEMAS = HERE.parent.parent / "schemas"


def messages(folder):
    sources = sorted(SCHEMAS.glob("proto/reprise/v1/*.proto"))
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{SCHEMAS / 'proto'}",
         f"--python_out={folder}", *map(str, sources)],
        check=True)


def client(folder):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write("post_hooks: []\n")  # No formatter: nobody edits it.
        config.flush()
        done = subprocess.run(
            [Path(sys.executable).parent / "openapi-python-client", "generate",
             "--path", SCHEMAS / "openapi.yaml", "--config", config.name, "--meta", "none",
             "--overwrite", "--fail-on-warning", "--output-path", folder / "reprise_client"],
            capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "generated")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    messages(folder)
    client(folder)


if __name__ == "__main__":
    main()
