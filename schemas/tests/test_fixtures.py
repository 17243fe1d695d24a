"""What each version has written, read with the schemas of each release: the one before reads the next."""

import base64
import unittest

from protos import SCHEMAS, classes

FIXTURES = SCHEMAS.parent / "Tests/CompatibilityTests/Fixtures"
RELEASED = sorted((SCHEMAS / "released").iterdir())


def messages(folder):
    """The name of the schema and the value of each message."""
    for line in (folder / "topic.txt").read_text().splitlines():
        _, kind, _, value = line.split(" ")
        name = "EventBatch" if kind == "batch" else "Event"
        yield f"reprise.v1.{name}", kind, base64.b64decode(value)
    yield "reprise.v1.Snapshot", "dead letter", (folder / "dead-letter.bin").read_bytes()


class Fixtures(unittest.TestCase):
    def test_a_release_describes_all_that_it_wrote(self):
        for release in RELEASED:
            known = classes(release / "proto")
            count = 0
            for name, kind, value in messages(FIXTURES / release.name):
                message = known[name].FromString(value)
                message.DiscardUnknownFields()
                self.assertEqual(message.ByteSize(), len(value), f"{release.name}: {kind}")
                count += 1
            self.assertGreater(count, 20)

    def test_a_release_reads_what_the_others_wrote(self):
        for release in RELEASED:
            known = classes(release / "proto")
            for folder in FIXTURES.iterdir():
                for name, kind, value in messages(folder):
                    message = known[name].FromString(value)
                    # Bytes that it does not know are kept, so nothing was misread for something else.
                    self.assertEqual(message.ByteSize(), len(value), f"{folder.name}: {kind}")
                    if name == "reprise.v1.Event":
                        self.assertEqual(len(message.session), 16, kind)
                        self.assertNotEqual(message.type, 0, kind)
