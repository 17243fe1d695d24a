"""What a supervisor hears from the program, and what the image's health check says of it."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import DEPLOY, REPRISE

# Far more than it takes, for a machine that is busy.
LIMIT_S = 120


class Supervised(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.settimeout(1)
        self.socket.bind(str(self.path / "notify"))

    def start(self):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith("REPRISE_")}
        environment = clean | {
            "NOTIFY_SOCKET": str(self.path / "notify"), "WATCHDOG_USEC": "2000000",
            "REPRISE_NODE": "n", "REPRISE_JOURNAL_DIRECTORY": str(self.path / "journal"),
            "REPRISE_JOURNAL_SEGMENT_BYTES": "4MiB", "REPRISE_JOURNAL_MAX_BYTES": "64MiB",
            "REPRISE_SERVER_PORT": "0"}
        log = (self.path / "log").open("w")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [REPRISE, "serve", "--port-file", str(self.path / "port")], env=environment,
            stdout=subprocess.DEVNULL, stderr=log)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT_S)

    def hear(self, process, wanted):
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            try:
                if self.socket.recv(4096).decode() == wanted:
                    return
            except TimeoutError:
                # What it said before it ended would have been read.
                if process.poll() is not None:
                    log = (self.path / "log").read_text()
                    self.fail(f"no {wanted}; it ended with {process.returncode}: {log}")
        self.fail(f"no {wanted} in {LIMIT_S} s")

    def is_healthy(self, kind, port):
        """Soon: the check itself gives a busy machine two seconds only."""
        limit = time.monotonic() + LIMIT_S
        while time.monotonic() < limit:
            if self.health(kind, port) == 0:
                return True
        return False

    def health(self, kind, port):
        done = subprocess.run(
            [DEPLOY / "reprise-health", kind, port], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
        return done.returncode

    def test_it_says_when_it_is_ready_and_alive_and_when_it_stops(self):
        process = self.start()
        self.hear(process, "READY=1")
        port = (self.path / "port").read_text().strip()
        self.assertTrue(self.is_healthy("live", port))
        self.assertTrue(self.is_healthy("ready", port))
        self.assertNotEqual(self.health("nonsense", port), 0)
        self.hear(process, "WATCHDOG=1")
        self.hear(process, "WATCHDOG=1")

        # A process that hangs is not heard of.
        process.send_signal(signal.SIGSTOP)
        self.assertNotEqual(self.health("live", port), 0)
        process.send_signal(signal.SIGCONT)

        process.send_signal(signal.SIGTERM)
        self.hear(process, "STOPPING=1")
        self.assertEqual(process.wait(LIMIT_S), 0)
        self.assertNotEqual(self.health("live", port), 0)
