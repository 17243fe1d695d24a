"""The processes of a soak: a broker, a node and three workers, each started, killed and started again."""

import glob
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time

PARTITIONS = 6
WORKERS = ["worker-0", "worker-1", "worker-2"]
KIND = "soak.order"
LEASE_MS = 2_000
HANDLER_TIMEOUT_S = 2
SESSION_TIMEOUT_S = 10
START_WITHIN_S = 60
# A process that this one starts must not outlive it, even where it is killed itself.
LIFELINE = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class Broken(Exception):
    """The soak cannot go on; the message says why."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def request(port, method, path, body=None, timeout=10.0):
    """One request on a connection of its own: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"content-type": "application/json"} if body is not None else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Cast:
    def __init__(self, program, folder, handler_port):
        self.program = program
        self.folder = folder
        self.handler_port = handler_port
        self.prefix = f"reprise-soak-{os.urandom(4).hex()}"
        self.children = {}
        # Names of those that are down on purpose.
        self.down = set()
        # How often each was started.
        self.lives = {}
        self.node_port = free_port()
        self.brokers = os.environ.get("REPRISE_TEST_BROKERS") or None
        self.has_broker = self.brokers is None

    # Starting

    def start_all(self):
        if self.has_broker:
            self._start_broker()
        self.configuration = os.path.join(self.folder, "reprise.yaml")
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(self._settings())
        self._make_topics()
        for name in ["node", *WORKERS]:
            self.start(name)
        for name in ["node", *WORKERS]:
            self.wait_for_port(name)

    def start(self, name):
        """Starts a node or a worker; does not wait for it."""
        port_file = self._path(f"{name}.port")
        if os.path.exists(port_file):
            os.remove(port_file)
        port = self.node_port if name == "node" else 0
        settings = [f"node={name}", f"server.port={port}"]
        if name != "node":
            # It comes back under its own name: noida-db does not notice that a member is dead, and without
            # a name the group would wait for the dead one for good.
            settings += [f"recovery.checkpointDirectory={self._path(name + '.checkpoints')}",
                         f"recovery.instanceID={name}"]
        command = [self.program, "serve" if name == "node" else "worker"]
        command += ["--config", self.configuration, "--port-file", port_file]
        for setting in settings:
            command += ["--set", setting]
        self._spawn(name, command)
        self.down.discard(name)

    def port(self, name):
        """Where its API listens; None while it starts."""
        try:
            with open(self._path(f"{name}.port"), encoding="utf-8") as file:
                text = file.read().strip()
        except FileNotFoundError:
            return None
        return int(text) if text.isdigit() else None

    def wait_for_port(self, name):
        deadline = time.monotonic() + START_WITHIN_S
        while self.port(name) is None:
            self.check()
            if time.monotonic() > deadline:
                raise Broken(f"{name} did not start within {START_WITHIN_S} s; its log is {self.log(name)}")
            time.sleep(0.05)

    def _start_broker(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        found = glob.glob(os.path.join(root, ".venv/lib/python3*/site-packages/noida_db/noida-db"))
        if not found:
            raise Broken("the broker is not installed: run scripts/install-deps.sh, or set "
                         "REPRISE_TEST_BROKERS=host:port")
        port = free_port()
        self._spawn("broker", [found[0], "start", "--only", "kafka", "--kafka-port", str(port),
                               "--data-dir", self._path("broker")])
        self.brokers = f"127.0.0.1:{port}"

    def _make_topics(self):
        """Also shows that the broker answers."""
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            done = subprocess.run(
                [self.program, "topics", "create", "--config", self.configuration],
                capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            self.check()
            if time.monotonic() > deadline:
                raise Broken(f"the topics could not be made: {done.stdout}{done.stderr}".strip())
            time.sleep(0.5)

    def _spawn(self, name, command):
        with open(self.log(name), "ab") as log:
            self.children[name] = subprocess.Popen(
                LIFELINE + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.lives[name] = self.lives.get(name, 0) + 1

    def _settings(self):
        return f"""\
journal:
  directory: "{self._path("journal")}"
  segmentBytes: 4MiB
kafka:
  brokers: "{self.brokers}"
topics:
  prefix: "{self.prefix}"
  partitions: {PARTITIONS}
recovery:
  group: "{self.prefix}.recovery"
  assignor: range
  clockAllowance: 200ms
  markInterval: 1s
  drainTimeout: 2s
  sessionTimeout: {SESSION_TIMEOUT_S}s
log:
  level: notice
kinds:
  {KIND}:
    lease: {LEASE_MS}ms
    retry: {{ firstDelay: 200ms, maxDelay: 2s, maxAttempts: 6 }}
    breaker: {{ openFor: 500ms, maxOpenFor: 2s }}
    handler: {{ url: "http://127.0.0.1:{self.handler_port}/recover", timeout: {HANDLER_TIMEOUT_S}s }}
"""

    # While it runs

    def kill(self, name):
        self.down.add(name)
        self.children[name].kill()
        self.children[name].wait()

    def freeze(self):
        self.children["broker"].send_signal(signal.SIGSTOP)

    def thaw(self):
        self.children["broker"].send_signal(signal.SIGCONT)

    def check(self):
        """Whoever is not down on purpose must run."""
        for name, child in self.children.items():
            if name not in self.down and child.poll() is not None:
                raise Broken(f"{name} ended by itself with status {child.returncode}; "
                             f"its log is {self.log(name)}")

    def broker_memory(self):
        """In bytes; None where the broker is another's or the system does not tell."""
        try:
            with open(f"/proc/{self.children['broker'].pid}/status", encoding="utf-8") as file:
                for line in file:
                    if line.startswith("VmRSS:"):
                        return int(line.split()[1]) * 1024
        except (KeyError, OSError):
            pass
        return None

    def stop(self):
        for child in self.children.values():
            if child.poll() is None:
                child.kill()
        for child in self.children.values():
            child.wait()

    def log(self, name):
        return self._path(f"{name}.log")

    def _path(self, name):
        return os.path.join(self.folder, name)
