"""The schemas against the released ones."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

from compatibility import json_breaks, proto_breaks
from protos import SCHEMAS, compiled

RELEASED = sorted((SCHEMAS / "released").iterdir())
OUTCOME = "transaction-outcome.schema.json"


def outcome(folder):
    return json.loads((folder / OUTCOME).read_text())


class Present(unittest.TestCase):
    """Whoever has a released schema can read what is written today."""

    def test_something_was_released(self):
        self.assertTrue(RELEASED)

    def test_protobuf(self):
        now = compiled(SCHEMAS / "proto")
        for release in RELEASED:
            with self.subTest(release.name):
                self.assertEqual(proto_breaks(compiled(release / "proto"), now), [])

    def test_json(self):
        for release in RELEASED:
            with self.subTest(release.name):
                self.assertEqual(json_breaks(outcome(release), outcome(SCHEMAS)), [])


class Planted(unittest.TestCase):
    """What the rules forbid is noticed. The changes are made to the first release, which stays."""

    FIRST = RELEASED[0]

    def change(self, *replacements, file="transaction"):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self.FIRST / "proto", folder, dirs_exist_ok=True)
            path = Path(folder) / f"reprise/v1/{file}.proto"
            text = path.read_text()
            for old, new in replacements:
                self.assertEqual(text.count(old), 1, old)
                text = text.replace(old, new)
            path.write_text(text)
            return compiled(folder)

    def broken(self, *replacements, by, file="transaction"):
        old = compiled(self.FIRST / "proto")
        found = proto_breaks(old, self.change(*replacements, file=file))
        self.assertTrue(any(by in sentence for sentence in found), found)

    def test_what_may_be_done(self):
        new = self.change(
            ("  repeated TransactionBranch heuristics = 10;",
             "  repeated TransactionBranch heuristics = 10;\n  string region = 11;"),
            ("  TRANSACTION_RESULT_ROLLED_BACK = 2;",
             "  TRANSACTION_RESULT_ROLLED_BACK = 2;\n  TRANSACTION_RESULT_MIXED = 3;"))
        self.assertEqual(proto_breaks(compiled(self.FIRST / "proto"), new), [])

    def test_a_removed_field(self):
        self.broken(("  bool on_rollback = 7;", ""), by="on_rollback: the field 7 is gone")
        self.broken(
            ("  bool on_rollback = 7;", "  reserved 7;"), by="on_rollback: the field 7 is gone")

    def test_a_changed_type(self):
        self.broken(("  fixed64 journal = 5;", "  uint64 journal = 5;"), by="journal: the type")
        self.broken(
            ("  optional bytes key = 2;", "  repeated bytes key = 2;"), by="key: one became many")
        self.broken(
            ("  optional bytes key = 2;", "  bytes key = 2;"), by="key: whether it is there")

    def test_a_reused_number(self):
        self.broken(
            ("  int64 lease = 6;", "  int64 delay = 6;"), by="lease: the number 6 belongs to delay")
        old = self.change(("  bool on_rollback = 7;", "  reserved 7;"))
        new = self.change(("  bool on_rollback = 7;", "  bool urgent = 7;"))
        self.assertIn(
            "reprise.v1.TransactionAction.urgent: the number 7 was used before",
            proto_breaks(old, new))

    def test_a_removed_message(self):
        self.broken(
            ("message TransactionMessage {", "message OutboxMessage {"),
            ("repeated TransactionMessage messages", "repeated OutboxMessage messages"),
            by="TransactionMessage is gone")

    def test_an_enum_that_lost_or_moved_a_value(self):
        self.broken(
            ("  BRANCH_OUTCOME_NOT_COMMITTED = 2;", ""), by="BRANCH_OUTCOME_NOT_COMMITTED is gone")
        self.broken(("  EVENT_TYPE_MARK = 16;", "  EVENT_TYPE_MARK = 17;"),
                    by="EVENT_TYPE_MARK is 17, was 16", file="session")
        self.broken(("  EVENT_TYPE_MARK = 16;", "  EVENT_TYPE_NOTE = 16;"),
                    by="the number 16 was used before", file="session")

    def test_another_package(self):
        old = compiled(self.FIRST / "proto")
        new = compiled(self.FIRST / "proto")
        new.file[0].package = "reprise.v2"
        self.assertIn("the package is reprise.v2", " ".join(proto_breaks(old, new)))

    def json_broken(self, change, by):
        new = outcome(self.FIRST)
        change(new)
        found = json_breaks(outcome(self.FIRST), new)
        self.assertTrue(any(by in sentence for sentence in found), found)

    def test_what_may_be_done_to_json(self):
        new = outcome(self.FIRST)
        new["properties"]["region"] = {"type": "string"}
        new["properties"]["outcome"]["enum"].append("mixed")
        self.assertEqual(json_breaks(outcome(self.FIRST), new), [])

    def test_a_removed_property(self):
        self.json_broken(lambda s: s["properties"].pop("reason"), "#/reason is gone")
        self.json_broken(
            lambda s: s["properties"]["actions"]["items"]["properties"].pop("kind"),
            "#/actions[]/kind is gone")

    def test_a_newly_required_property(self):
        self.json_broken(lambda s: s["required"].append("reason"), "#/reason is required")
        self.json_broken(
            lambda s: s["$defs"]["headers"]["items"]["required"].append("id"),
            "#/headers[]/id is required")

    def test_a_property_that_is_no_longer_required(self):
        self.json_broken(lambda s: s["required"].remove("node"), "#/node is no longer required")

    def test_a_property_of_another_type(self):
        self.json_broken(
            lambda s: s["properties"]["time"].update(type="integer"), "#/time: type is 'integer'")
        self.json_broken(
            lambda s: s["$defs"]["headers"].update(type="object"), "#/headers: type is 'object'")

    def test_a_removed_value(self):
        self.json_broken(
            lambda s: s["properties"]["outcome"]["enum"].remove("committed"),
            "the value 'committed' is gone")

    def test_a_closed_object(self):
        self.json_broken(
            lambda s: s.update(additionalProperties=False), "further properties are refused")


if __name__ == "__main__":
    unittest.main()
