"""The AsyncAPI document, as a check of messages."""

import json

import yaml
from google.protobuf import json_format
from jsonschema import Draft202012Validator, FormatChecker

from protos import SCHEMAS, classes


class Document:
    def __init__(self):
        self.root = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text())
        self.classes = classes(SCHEMAS / "proto")

    def resolve(self, node, root=None):
        """`node` with every reference replaced by what it leads to.

        A protobuf source is replaced by its text. KeyError and OSError where one leads nowhere.
        """
        root = self.root if root is None else root
        if isinstance(node, list):
            return [self.resolve(entry, root) for entry in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            file, _, pointer = node["$ref"].partition("#")
            if file.endswith(".proto"):
                return (SCHEMAS / file).read_text()
            if file:
                root = json.loads((SCHEMAS / file).read_text())
            target = root
            for part in pointer.split("/")[1:]:
                target = target[part]
            return self.resolve(target, root)
        return {key: self.resolve(value, root) for key, value in node.items()}

    def channel(self, name):
        """A channel's messages by name, resolved."""
        return self.resolve(self.root["channels"][name]["messages"])

    def errors(self, message, key, headers, value):
        """What is wrong with a message as it lies in a topic. Headers are a dict of text."""
        found = self.header_errors(message, headers)
        found += _errors(message["bindings"]["kafka"]["key"], key, "key")
        return found + self.value_errors(message, value)

    def header_errors(self, message, headers):
        return _errors(message["headers"], headers, "headers")

    def value_errors(self, message, value):
        """Of the bytes on the wire; None is a tombstone."""
        name = message.get("x-protobuf-message")
        if name:
            if value is None:
                return ["value: there is none"]
            try:
                read = self.classes[name].FromString(value)
            except Exception as error:  # protobuf's DecodeError has moved between versions.
                return [f"value: {error}"]
            return self.unknown_fields(read)
        payload = message["payload"]
        return _errors(
            payload.get("schema", payload), None if value is None else json.loads(value), "value")

    def unknown_fields(self, read):
        """Fields that the sources do not have would be lost here: the bytes tell."""
        known = read.__class__()
        known.CopyFrom(read)
        known.DiscardUnknownFields()
        return [] if known == read and known.ByteSize() == read.ByteSize() else [
            f"value: {read.DESCRIPTOR.name} has fields that the source does not have"]

    def example_errors(self, message, example):
        """Of an example, whose protobuf payload is written in JSON."""
        found = self.header_errors(message, example["headers"])
        name = message.get("x-protobuf-message")
        if not name:
            payload = json.dumps(example["payload"]).encode()
            return found + self.value_errors(message, payload)
        try:
            json_format.ParseDict(example["payload"], self.classes[name]())
        except json_format.ParseError as error:
            found.append(f"payload: {error}")
        return found

    def matches(self, channel, headers):
        """The names of the messages of a channel that headers belong to."""
        return [
            name for name, message in self.channel(channel).items()
            if not self.header_errors(message, headers)
        ]


def _errors(schema, value, what):
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{what}: {error.json_path} {error.message}" for error in validator.iter_errors(value)]
