"""The runbook and the guides name commands and paths that there are."""

import re
import unittest

from support import DEPLOY, REPRISE, ROOT, run

GUIDES = ROOT / "Sources/Reprise/Reprise.docc"
PAGES = [GUIDES / f"{name}.md" for name in ("Runbook", "Operations", "GettingStartedHTTP")] + \
    [DEPLOY / "README.md", DEPLOY / "kubernetes/README.md"]


class Runbook(unittest.TestCase):
    def test_every_command_is_one(self):
        commands = set()
        for page in PAGES:
            # In code, also over the end of a line: reprise, then words until something is filled in.
            text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
            for code in re.findall(r"`([^`]+)`", text):
                words = " ".join(code.split())
                for found in re.findall(r"(?:^|/|\s)reprise((?: [a-z-]+)+)", words):
                    commands.add(tuple(word for word in found.split() if word[0] != "-"))
        self.assertGreater(len(commands), 10)
        for words in sorted(commands):
            for length in range(1, min(len(words), 2) + 1):
                said = run(REPRISE, "help", *words[:length])
                # An unknown word gets the help of the level above.
                usage = re.search(r"USAGE: (.*)", said).group(1)
                self.assertIn(" ".join(("reprise", *words[:length])), usage)

    def test_every_path_of_the_api_is_one(self):
        paths = re.findall(r"^  (/\S+):$", (ROOT / "schemas/openapi.yaml").read_text(), re.M)
        self.assertGreater(len(paths), 20)
        for page in PAGES:
            for found in re.findall(r"/v1/[a-z/{}-]+", page.read_text()):
                self.assertIn(found.rstrip("/"), paths, page.name)

    def test_every_file_is_there(self):
        for page in PAGES:
            named = re.findall(r"`((?:deploy|schemas|scripts|Tests)/[\w./-]+)`", page.read_text())
            for name in named:
                self.assertTrue((ROOT / name).exists(), f"{page.name}: {name}")

    def test_every_setting_is_one(self):
        reference = (GUIDES / "ConfigurationReference.md").read_text()
        groups = "journal|server|client|kafka|mirror|topics|recovery|outgoing|limits"
        for page in PAGES:
            for name in re.findall(rf"`((?:{groups})\.[a-zA-Z]+)`", page.read_text()):
                self.assertIn(f"`{name}`", reference, page.name)
            for name in re.findall(r"\b(REPRISE_[A-Z_]+)\b", page.read_text()):
                known = f"`{name}`" in reference or name.startswith("REPRISE_KAFKA_PROPERTIES") \
                    or name in ("REPRISE_CONFIG", "REPRISE_METRICS_TOKEN")
                self.assertTrue(known, f"{page.name}: {name}")
