"""What became of each session, as its client and the handler saw it."""

import threading
import time


class Entry:
    """One session. Its client writes the first half, the handler the second."""

    __slots__ = ("opened", "closed", "ended", "due_ms", "born", "runs", "token", "recovered")

    def __init__(self):
        self.opened = False  # The node has said so.
        self.closed = False  # Its client asked for recovery, or may have.
        self.ended = ""  # "completed": the node has said so; "unknown": the answer was lost.
        self.due_ms = 0  # When the lease ends that it was opened with. What an append
        # adds to it counts only once Kafka has it.
        self.born = time.monotonic()
        self.runs = 0
        self.token = 0  # Of its latest run.
        self.recovered = False  # The handler has answered that it is complete.


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self.entries = {}
        self.counts = {}
        # Sentences about what must not be; the first few are enough.
        self.breaches = []
        # A node that was killed no longer has its callers: their leases may end with it.
        self.last_node_kill = 0.0

    def new(self, identity):
        entry = Entry()
        with self._lock:
            self.entries[identity] = entry
        return entry

    def count(self, name):
        with self._lock:
            self.counts[name] = self.counts.get(name, 0) + 1

    def breach(self, sentence):
        with self._lock:
            if len(self.breaches) < 20:
                self.breaches.append(sentence)

    def run_begins(self, run, now_ms):
        """The handler was given a run."""
        identity, token = run["id"].lower(), int(run["token"])
        with self._lock:
            entry = self.entries.get(identity)
            if entry is None:
                sentence = f"{identity} was handed out, and nobody opened it"
            elif entry.token == token:
                sentence = f"{identity} was handed out twice with the token {token}"
            elif (entry.runs == 0 and entry.opened and not entry.closed and now_ms < entry.due_ms
                  and entry.born > self.last_node_kill):
                sentence = f"{identity} was handed out {entry.due_ms - now_ms} ms before its lease ended"
            else:
                sentence = None
            if entry is not None:
                entry.runs += 1
                entry.token = token
        if sentence:
            self.breach(sentence)

    def run_completes(self, identity):
        with self._lock:
            entry = self.entries.get(identity)
            if entry is not None:
                entry.recovered = True

    def account(self, parked):
        """Every session under one heading; `parked` are the ids of the dead letters."""
        sums = dict.fromkeys(
            ["opened", "completed at once", "recovered", "parked", "answer of complete lost",
             "never opened", "completed, and run as well"], 0)
        lost = []
        with self._lock:
            for identity, entry in self.entries.items():
                if not entry.opened and not entry.runs and identity not in parked:
                    sums["never opened"] += 1  # Its answer was lost, and so was the request.
                    continue
                sums["opened"] += 1
                if identity in parked:
                    sums["parked"] += 1
                elif entry.ended == "completed":
                    sums["completed at once"] += 1
                    sums["completed, and run as well"] += entry.runs > 0
                elif entry.recovered:
                    sums["recovered"] += 1
                elif entry.ended == "unknown":
                    sums["answer of complete lost"] += 1
                else:
                    lost.append(identity)
        return sums, lost
