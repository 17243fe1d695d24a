"""The example in Python believes what the vectors say, and so does the code in signatures.md."""

import base64
import json
import re
import sys
import unittest

from protos import SCHEMAS

sys.path.append(str(SCHEMAS.parent / "Examples" / "python"))
import signatures  # noqa: E402

VECTORS = json.loads((SCHEMAS / "signature-vectors.json").read_text())["vectors"]


class Signatures(unittest.TestCase):
    def check(self, is_ours):
        for vector in VECTORS:
            with self.subTest(vector["name"]):
                believed = is_ours(
                    vector["secrets"], vector["method"], vector["target"],
                    base64.b64decode(vector["bodyBase64"]), vector["timestamp"],
                    vector["signature"], vector["nowSeconds"], vector["windowSeconds"])
                self.assertEqual(bool(believed), vector["valid"])

    def test_the_example_agrees_with_the_vectors(self):
        self.assertGreater(len(VECTORS), 5)
        self.check(signatures.is_ours)

    def test_a_request_without_the_headers_is_not_believed(self):
        for timestamp, signature in [(None, None), ("1767225600", None), (None, "v1=00"), ("", "")]:
            self.assertFalse(
                signatures.is_ours(["secret"], "POST", "/", b"", timestamp, signature, 1767225600))
        self.assertFalse(signatures.is_ours(["secret"], "POST", "/", b"", "9" * 5000, "v1=00"))

    def test_the_code_in_the_document_agrees_with_the_vectors(self):
        text = (SCHEMAS / "signatures.md").read_text()
        code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
        names = {}
        exec(code, names)
        self.check(names["is_ours"])


if __name__ == "__main__":
    unittest.main()
