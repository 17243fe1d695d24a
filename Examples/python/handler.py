"""Finishes the sign-ups that sign_up.py left. A node or a worker posts them here, signed.

    REPRISE_SIGNING_SECRET_FILE=secret .venv/bin/python Examples/python/handler.py

PORT is where it listens on 127.0.0.1, any free one without it; the first line printed says which.
REPRISE_USERS is the file of the users. REPRISE_TOKEN_FILE holds a token of the node with the scope
`handle`, where it wants one. Ends on SIGTERM or SIGINT.
"""

import base64
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import node
import signatures
from reprise_client.api.sessions import append
from reprise_client.models import Run, Write
from users import Users

LARGEST = 8 << 20


def recover(run, users):
    """Does what is missing; gives the answer's status and body. It may come again at any time."""
    records = [json.loads(base64.b64decode(record)) for record in run.records]
    nick = records[0].get("nick") if records and isinstance(records[0], dict) else None
    if not nick:
        return 422, {"reason": "The first record has no nick."}  # Parked: nobody could do better.
    users.store(run.id, nick)
    # With the run's token: if another handler has taken over meanwhile, this is refused.
    url = run.callback.removesuffix(f"/v1/sessions/{run.id}")
    with node.client(url) as client:
        written = append.sync(
            run.id, client=client, body=Write(record_json={"stored": True}), reprise_token=run.token)
    try:
        node.answer(written)
    except node.Refused as refused:
        return 500, {"reason": str(refused)}  # Tried again, if it is still ours.
    users.send_mail(run.id)
    return 200, {"outcome": "complete"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    secrets = []

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > LARGEST:
            self.close_connection = True
            return self.answer(413, {"reason": "How long the body is must be said, and be moderate."})
        body = self.rfile.read(int(length))
        # Before anything else: whoever reaches the port could have sent it.
        if not signatures.is_ours(
                self.secrets, "POST", self.path, body, self.headers.get("reprise-timestamp"),
                self.headers.get("reprise-signature")):
            return self.answer(401, {"reason": "The signature does not fit."})
        try:
            run = Run.from_dict(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.answer(400, {"reason": "The body is no run."})
        users = Users(os.environ.get("REPRISE_USERS", "users.sqlite"))
        try:
            status, answer = recover(run, users)
        except Exception as error:  # 500 is a counted retry.
            status, answer = 500, {"reason": type(error).__name__}
            print(f"{run.kind} {run.id}: {error!r}", file=sys.stderr, flush=True)
        finally:
            users.close()
        print(f"run {run.kind} {run.id} {status}", flush=True)
        self.answer(status, answer)

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    Handler.secrets = signatures.read_secrets(node.setting("REPRISE_SIGNING_SECRET_FILE"))
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Handler)

    def stop(*_):
        # From another thread: it waits for the loop that this one is in.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
