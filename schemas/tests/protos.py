"""The protobuf sources, compiled here and now."""

import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SCHEMAS = Path(__file__).resolve().parent.parent
FILES = ["reprise/v1/session.proto", "reprise/v1/transaction.proto"]


class Invalid(Exception):
    """protoc does not take the sources."""


def protoc(*arguments):
    """Runs the protoc of grpcio-tools."""
    command = [sys.executable, "-m", "grpc_tools.protoc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Invalid(done.stderr)


def compiled(folder):
    """The FileDescriptorSet of the sources in `folder`."""
    with tempfile.TemporaryDirectory() as out:
        path = Path(out) / "set"
        protoc(f"-I{folder}", f"--descriptor_set_out={path}", *FILES)
        return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())


def classes(folder):
    """The message classes of the sources in `folder`, by full name."""
    pool = descriptor_pool.DescriptorPool()
    for file in compiled(folder).file:
        pool.Add(file)
    found = {}
    for name in FILES:
        for message in pool.FindFileByName(name).message_types_by_name.values():
            found[message.full_name] = message_factory.GetMessageClass(message)
    return found
