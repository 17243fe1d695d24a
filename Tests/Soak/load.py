"""The clients: sessions at a steady rate, most of which end well."""

import http.client
import json
import random
import threading
import time
import uuid

from cast import KIND

CLIENTS = 8
# What sessions do, and how many of a hundred.
PLANS = {"quick": 60, "slow": 20, "fail": 10, "vanish": 10}


class Load:
    """Opens `rate` sessions a second while it runs. One whose turn comes late is opened late; what cannot
    be made up for within a second is left out, so that an outage is not followed by a flood."""

    def __init__(self, ledger, port, rate, seed):
        self.ledger = ledger
        self.port = port
        self.rate = rate
        self.seed = seed
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(number,), daemon=True)
                         for number in range(CLIENTS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            thread.join(60)

    def _client(self, number):
        choice = random.Random(f"{self.seed} {number}")
        caller = Caller(self.port)
        pause = CLIENTS / self.rate
        next_turn = time.monotonic() + pause * number / CLIENTS
        while not self._ends.wait(max(0.0, next_turn - time.monotonic())):
            next_turn = max(next_turn + pause, time.monotonic() - 1)
            plan = choice.choices(list(PLANS), list(PLANS.values()))[0]
            identity = str(uuid.UUID(int=choice.getrandbits(128), version=4))
            self._session(caller, identity, plan, choice.uniform(0.1, 0.4))
        caller.close()

    def _session(self, caller, identity, plan, work_s):
        path = f"/v1/sessions/{identity}"
        entry = self.ledger.new(identity)
        body = {"id": identity, "kind": KIND, "recordText": "order " + "x" * 200}
        status, answer = caller.post("/v1/sessions", body)
        if status not in (200, 201):
            self.ledger.count(f"open: {describe(status, answer)}")
            return
        entry.due_ms = answer.get("dueMs", 0)
        entry.opened = True
        if plan == "vanish":
            return
        if plan == "slow":
            status, answer = caller.post(f"{path}/records", {"recordText": "paid"})
            if status != 200:
                self.ledger.count(f"append: {describe(status, answer)}")
            if self._ends.wait(work_s):
                plan = "fail"  # It is over: what is in work is left to recovery.
        if plan == "fail":
            entry.closed = True
            status, answer = caller.post(f"{path}/close", {})
            if status != 200:
                self.ledger.count(f"close: {describe(status, answer)}")
            return
        status, answer = caller.post(f"{path}/complete", {})
        if status == 200:
            entry.ended = "completed"
        else:
            if status is None or answer.get("code") == "outcomeUnknown":
                entry.ended = "unknown"
            self.ledger.count(f"complete: {describe(status, answer)}")


def describe(status, answer):
    return "no answer" if status is None else f"{status} {answer.get('code', '')}".strip()


class Caller:
    """Posts over one connection, which it makes anew where it broke. Nothing is sent twice."""

    def __init__(self, port):
        self.port = port
        self._connection = None

    def post(self, path, body):
        """Status and answer, or the error's content; None as status where no answer came."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._connection.request(
                "POST", path, json.dumps(body), {"content-type": "application/json"})
            answer = self._connection.getresponse()
            content = json.loads(answer.read() or b"{}")
            return answer.status, content.get("error", content)
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return None, {}

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
