"""The service that sessions are handed to. It mostly does its work; now and then it fails, is busy, hangs, or
refuses."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cast import HANDLER_TIMEOUT_S

# What it does, and how often in a hundred runs.
ANSWERS = {"complete": 78, "fail": 10, "busy": 4, "hang": 2, "retry": 4, "refuse": 2}
# The part of the sessions that nobody can finish: their attempts are used up.
HOPELESS = 0.02


class HandlerService:
    def __init__(self, ledger, seed):
        self.ledger = ledger
        self.seed = seed
        self.ends = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.service = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def stop(self):
        self.ends.set()
        self._server.shutdown()
        self._server.server_close()

    def run(self, run):
        """Status and body; no status where there is to be no answer."""
        self.ledger.run_begins(run, time.time() * 1000)
        # What it does depends on session and attempt alone, not on who asks when. A run that is not
        # counted has the same attempt again, so the token decides as well.
        choice = random.Random(f"{self.seed} {run['id']} {run['attempt']} {run['token']}")
        answer = choice.choices(list(ANSWERS), list(ANSWERS.values()))[0]
        if random.Random(f"{self.seed} {run['id']}").random() < HOPELESS:
            answer = "fail"
        self.ledger.count(f"handler: {answer}")
        if answer == "fail":
            return 500, {"reason": "as planned"}
        if answer == "busy":
            return 503, {}
        if answer == "refuse":
            return 422, {"reason": "as planned"}
        if answer == "retry":
            return 200, {"outcome": "retry", "afterMs": 300, "reason": "as planned"}
        if answer == "hang":
            self.ends.wait(HANDLER_TIMEOUT_S + 2)
            return None, {}
        # Before it is sent: what is answered may count from then on.
        self.ledger.run_completes(run["id"].lower())
        return 200, {"outcome": "complete"}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # Whoever asked was killed.


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status, answer = self.server.service.run(json.loads(body))
        if status is None:
            self.close_connection = True
            return
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
