"""The description of the HTTP API is valid, and so are its examples."""

import unittest

import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from protos import SCHEMAS

DOCUMENT = yaml.safe_load((SCHEMAS / "openapi.yaml").read_text())


def contents(node):
    """Every media type object of the document."""
    if isinstance(node, dict):
        for media in node.get("content", {}).values() if "content" in node else []:
            yield media
        for value in node.values():
            yield from contents(value)
    elif isinstance(node, list):
        for value in node:
            yield from contents(value)


class OpenAPI(unittest.TestCase):
    def test_the_document_is_valid(self):
        validate(DOCUMENT)

    def test_the_examples_are_valid(self):
        registry = Registry().with_resource(
            "urn:openapi", Resource.from_contents(DOCUMENT, default_specification=DRAFT202012))
        found = 0
        for media in contents(DOCUMENT):
            if "example" not in media:
                continue
            found += 1
            schema = media["schema"]
            if "$ref" in schema:
                schema = {"$ref": "urn:openapi" + schema["$ref"]}
            errors = list(
                OAS31Validator(schema, registry=registry).iter_errors(media["example"]))
            self.assertEqual(errors, [], media["example"])
        self.assertGreater(found, 1)


if __name__ == "__main__":
    unittest.main()
