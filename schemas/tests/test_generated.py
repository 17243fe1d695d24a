"""The generated Swift code is what the sources give."""

import os
import tempfile
import unittest
from pathlib import Path

from protos import FILES, SCHEMAS, protoc

ROOT = SCHEMAS.parent
CODE = ROOT / "Tests/Support/SchemaProto"


def generate(folder):
    """Writes the Swift code of the sources below `folder`."""
    plugin = os.environ.get("PROTOC_GEN_SWIFT", ROOT / ".build/debug/protoc-gen-swift")
    protoc(
        f"-I{SCHEMAS / 'proto'}", f"--plugin=protoc-gen-swift={plugin}",
        "--swift_opt=Visibility=Public", "--swift_opt=FileNaming=DropPath",
        f"--swift_out={folder}", *FILES)


class Generated(unittest.TestCase):
    def test_the_code_is_what_the_sources_give(self):
        with tempfile.TemporaryDirectory() as folder:
            generate(folder)
            made = {path.name: path.read_text() for path in Path(folder).glob("*.swift")}
        here = {path.name: path.read_text() for path in CODE.glob("*.swift")}
        self.assertEqual(sorted(made), sorted(here))
        for name, text in made.items():
            self.assertTrue(
                text == here[name], f"{name} is not current: run scripts/schemas.sh --generate")


if __name__ == "__main__":
    unittest.main()
