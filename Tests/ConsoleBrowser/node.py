"""A real node, recovering by itself, and the handlers of its kinds."""

import base64
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

TOKEN = "a-token-for-the-browser-test"
HOUR_MS = 3_600_000
PATIENCE = 90


class Handlers:
    """Answers by kind: `order.ship` refuses what is not mended, `stock.count` always fails,
    `mail.send` fails and is tried much later, `invoice.send` takes until it is let go."""

    def __init__(self):
        self.runs = []
        self.let_go = threading.Event()
        handlers = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                run = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                handlers.runs.append(run)
                status, body = handlers.answer(run)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, run):
        if run["kind"] == "order.ship":
            if any(b"mended" in base64.b64decode(record) for record in run["records"]):
                return 200, {}
            return 422, {"reason": "The address is not one: <b onmouseover=alert(1)>Main Street</b>"}
        if run["kind"] == "invoice.send":
            self.let_go.wait(300)
            return 200, {}
        if run["kind"] in ("stock.count", "mail.send"):
            return 500, {"reason": "the warehouse does not answer"}
        return 200, {}

    def close(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


class Node:
    def __init__(self, program, handlers):
        self.directory = tempfile.mkdtemp(prefix="reprise-console-")
        kinds = {
            "user.create": {},
            "order.ship": {"handler": {"url": handlers.url, "timeout": "60s"}},
            "invoice.send": {"handler": {"url": handlers.url, "timeout": "10m"}, "concurrency": 2},
            "mail.send": {"handler": {"url": handlers.url}, "retry": {"firstDelay": "1h"}},
            "stock.count": {
                "handler": {"url": handlers.url},
                "retry": {"maxAttempts": 3, "firstDelay": "0ms", "jitter": 0},
                "breaker": {"failures": 0},
            },
        }
        configuration = {
            "node": "node-1",
            "journal": {"directory": os.path.join(self.directory, "journal")},
            "server": {"port": 0, "tokenFile": self._write("token", TOKEN)},
            "kinds": kinds,
        }
        path = self._write("node.json", json.dumps(configuration))
        port_file = os.path.join(self.directory, "port")
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.process = subprocess.Popen(
            [program, "serve", "--config", path, "--port-file", port_file],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not (os.path.exists(port_file) and open(port_file).read().endswith("\n")):
            assert self.process.poll() is None and time.monotonic() < end, self.logged()
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{int(open(port_file).read())}"

    def _write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def logged(self):
        self.log.flush()
        self.log.seek(0)
        return self.log.read()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/v1/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()}") from None

    def open(self, kind, *records, close_after=None, headers=(), lease=HOUR_MS):
        """Opens a session; with `close_after` leaves it to recovery. Returns its id."""
        body = {"kind": kind, "leaseMs": lease, "headers": [{"name": n, "value": v} for n, v in headers]}
        first, *others = records or (None,)
        if first is not None:
            body["record"] = base64.b64encode(first).decode()
        found = self.call("POST", "sessions", body)["id"]
        for record in others:
            self.call("POST", f"sessions/{found}/records", {"record": base64.b64encode(record).decode()})
        if close_after is not None:
            self.call("POST", f"sessions/{found}/close", {"afterMs": close_after})
        return found

    def wait_for(self, phase, session):
        end = time.monotonic() + PATIENCE
        while (found := self.call("GET", f"sessions/{session}"))["phase"] != phase:
            assert time.monotonic() < end, f"{found} does not become {phase}"
            time.sleep(0.05)
        return found

    def wait_until_gone(self, session):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = self.call("GET", f"sessions/{session}")
            except AssertionError as error:
                if "404" in str(error):
                    return
                raise
            assert time.monotonic() < end, f"{found} does not end"
            time.sleep(0.05)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
