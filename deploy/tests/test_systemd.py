"""The units, as far as they can be looked at without a running systemd."""

import pathlib
import re
import shutil
import tempfile
import unittest

from support import DEPLOY, REPRISE, run

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


class Units(unittest.TestCase):
    def test_they_are_what_systemd_expects(self):
        self.assertEqual(len(UNITS), 2)
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "reprise")
            shutil.copy("/bin/true", program)
            for unit in UNITS:
                text = unit.read_text().replace("/usr/local/bin/reprise", str(program))
                copy = pathlib.Path(folder, unit.name)
                copy.write_text(text)
                said = run("systemd-analyze", "verify", "--man=no", copy)
                # It ends with 0 whatever it has found in a key's name.
                about = [line for line in said.splitlines() if unit.name.split("@")[0] in line]
                self.assertEqual(about, [])

    def test_a_mistake_would_be_found(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "reprise-node.service")
            copy.write_text(UNITS[0].read_text().replace("WatchdogSec", "WatchdogSecs"))
            said = run("systemd-analyze", "verify", "--man=no", copy, check=False)
            self.assertIn("WatchdogSecs", said)

    def test_they_are_exposed_to_little(self):
        for unit in UNITS:
            run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", unit)

    def test_they_are_watched_and_start_what_there_is(self):
        for unit in UNITS:
            text = unit.read_text()
            self.assertIn("\nType=notify\n", text)
            self.assertRegex(text, r"\nWatchdogSec=\d+\n")
            command = re.search(r"\nExecStart=\S+/reprise (\w+) --config", text).group(1)
            self.assertIn("--config", run(REPRISE, command, "--help"))

    def test_their_variables_are_settings(self):
        known = run(REPRISE, "config", "reference")
        for unit in UNITS:
            names = re.findall(r"^Environment=(REPRISE_\w+)=", unit.read_text(), re.M)
            self.assertGreaterEqual(len(names), 2)
            for name in names:
                self.assertIn(f"`{name}`", known)
