"""Looks at the metrics of all processes every second, and keeps what the report needs."""

import re
import statistics
import threading
import time

from cast import WORKERS, request

SERIES = re.compile(r"^([a-zA-Z_:][\w:]*)(\{[^}]*\})? (\S+)$")
SILENT_FOR_S = 60
UNFINISHED = ("open", "waiting", "running")
# A process that has run for less is still growing to its size.
JUDGED_FROM_S = 45


class Exposition:
    """Prometheus text."""

    def __init__(self, text):
        self.series = []
        for line in text.splitlines():
            found = SERIES.match(line)
            if found:
                self.series.append((found[1], found[2] or "", float(found[3])))

    def values(self, name, label=""):
        return [value for each, labels, value in self.series if each == name and label in labels]

    def sum(self, name, label=""):
        return sum(self.values(name, label))

    def max(self, name):
        return max(self.values(name), default=0.0)

    def by(self, name, label):
        """Sums by the value of a label."""
        sums = {}
        for each, labels, value in self.series:
            found = re.search(rf'{label}="([^"]*)"', labels) if each == name else None
            if found:
                sums[found[1]] = sums.get(found[1], 0) + value
        return sums

    @property
    def unfinished(self):
        return sum(self.sum("reprise_sessions", f'phase="{phase}"') for phase in UNFINISHED)


class Watch:
    def __init__(self, cast, ledger):
        self.cast = cast
        self.ledger = ledger
        self.begun = time.monotonic()
        # One dictionary for each second.
        self.samples = []
        # (name, life) of a process: its last exposition, and its memory over time.
        self.last = {}
        self.memory = {}
        self.scrapes = 0
        self.largest_difference = 0
        self._heard = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ends.set()
        self._thread.join(60)

    @property
    def now(self):
        return time.monotonic() - self.begun

    def _loop(self):
        while not self._ends.wait(1):
            self.look()

    def look(self):
        """All processes that answer, by name."""
        found = {name: each for name in ["node", *WORKERS] if (each := self._scrape(name))}
        workers = [found[name] for name in WORKERS if name in found]
        node = found.get("node")
        self.samples.append({
            "at": self.now,
            "mirror frames": node.sum("reprise_mirror_lag_frames") if node else 0,
            "mirror lag": node.sum("reprise_mirror_lag_seconds") if node else 0,
            "due lag": max((each.max("reprise_due_lag_seconds") for each in workers), default=0),
            "owned": sum(each.sum("reprise_partition_owned") for each in workers),
            "breakers open": sum(
                each.sum("reprise_breaker_state", 'state="open"') for each in workers),
        })
        broker = self.cast.broker_memory()
        if broker:
            self.memory.setdefault(("broker", 1), []).append((self.now, broker))
        return found

    def _scrape(self, name):
        life, port = self.cast.lives.get(name), self.cast.port(name)
        if name in self.cast.down or port is None:
            self._heard[name] = self.now
            return None
        try:
            status, body = request(port, "GET", "/metrics")
        except OSError:
            status, body = None, b""
        if self.cast.lives.get(name) != life or name in self.cast.down:
            return None  # It was killed meanwhile.
        if status != 200:
            silent = self.now - self._heard.setdefault(name, self.now)
            if silent > SILENT_FOR_S:
                self.ledger.breach(f"{name} has not answered for {silent:.0f} s")
                self._heard[name] = self.now
            return None
        self._heard[name] = self.now
        found = Exposition(body.decode())
        self._keep(name, life, found)
        return found

    def _keep(self, name, life, found):
        self.scrapes += 1
        self.last[name, life] = found
        memory = found.sum("process_resident_memory_bytes")
        if memory:
            self.memory.setdefault((name, life), []).append((self.now, memory))
        difference = sum(abs(each) for each in found.values("reprise_conservation_difference"))
        self.largest_difference = max(self.largest_difference, difference)
        if difference:
            self.ledger.breach(
                f"{name} had a conservation difference of {difference:.0f} at {self.now:.0f} s")
        gaps = found.sum("reprise_events_ignored_total", 'reason="gap"')
        if gaps:
            self.ledger.breach(f"{name} met {gaps:.0f} gaps by {self.now:.0f} s")

    # For the report

    def total(self, name, label):
        """A counter by a label, over all processes and all their lives."""
        sums = {}
        for each in self.last.values():
            for value, count in each.by(name, label).items():
                sums[value] = sums.get(value, 0) + count
        return {value: int(count) for value, count in sorted(sums.items()) if count}

    def sum(self, name):
        return int(sum(each.sum(name) for each in self.last.values()))

    @property
    def latest(self):
        """The last exposition of each process."""
        return {name: found for (name, _), found in sorted(self.last.items())}

    def max(self, name, begin=0.0, end=float("inf")):
        return max((each[name] for each in self.samples if begin <= each["at"] < end), default=0)

    def seconds_without(self, partitions, begin, end):
        return sum(each["owned"] < partitions for each in self.samples if begin <= each["at"] < end)


class Memory:
    """The memory of one life of a process, in three thirds of its time."""

    def __init__(self, points):
        times = [at for at, _ in points]
        self.lasted_s = times[-1] - times[0]
        bounds = [times[0] + self.lasted_s * third / 3 for third in (1, 2)]
        thirds = [[], [], []]
        for at, size in points:
            thirds[sum(at > bound for bound in bounds)].append(size)
        self.medians = [statistics.median(third) if third else 0 for third in thirds]
        self.most = max(size for _, size in points)

    @property
    def is_judged(self):
        return self.lasted_s >= JUDGED_FROM_S

    @property
    def is_flat(self):
        """Sessions in work come and go, and an allocator keeps what it once had: half as much again and
        20 MB are no growth."""
        return not self.is_judged or self.medians[2] <= 1.5 * self.medians[1] + 20e6
