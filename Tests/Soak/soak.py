"""A node, three workers and a broker at a steady load, while they are killed and frozen.

    python3 Tests/Soak/soak.py PROGRAM [--minutes 60 | --seconds 75] [--rate 40] [--seed N] [--keep]

Exit status 0 only if every invariant of the report holds.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import faults
from cast import PARTITIONS, START_WITHIN_S, WORKERS, Broken, Cast, request
from handler import HandlerService
from ledger import Ledger
from load import Load
from report import Report
from watch import Watch

QUIET_WITHIN_S = 120


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=60)
    length.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=float, default=40, help="sessions opened in a second")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 1_000_000))
    parser.add_argument("--keep", action="store_true", help="keep journal and logs of the run")
    chosen = parser.parse_args()
    chosen.seconds = chosen.minutes * 60 if chosen.seconds is None else chosen.seconds
    if chosen.seconds < 30 or not 1 <= chosen.rate <= 1000:
        parser.error("a soak lasts 30 s or longer, and opens 1 to 1000 sessions a second")
    return chosen


def say(text):
    print(text, flush=True)


class Soak:
    def __init__(self, chosen, folder):
        self.chosen = chosen
        self.ledger = Ledger()
        self.handler = HandlerService(self.ledger, chosen.seed)
        self.cast = Cast(os.path.abspath(chosen.program), folder, self.handler.port)
        self.watch = Watch(self.cast, self.ledger)
        self.told = 0.0

    def run(self):
        """Whether every invariant holds."""
        cast, chosen = self.cast, self.chosen
        cast.start_all()
        self.until(lambda: self.owned() == PARTITIONS, START_WITHIN_S * 2,
                   "the workers did not get the partitions")
        self.watch.begun = time.monotonic()
        self.watch.samples.clear()
        self.watch.start()
        load = Load(self.ledger, cast.node_port, chosen.rate, chosen.seed)
        load.start()
        plan = faults.schedule(cast, chosen.seconds)
        for fault in plan:
            self.announce(fault)
        faults.play(plan, chosen.seconds, lambda: self.watch.now, self.between)
        load.stop()
        say(f"{self.watch.now:6.0f} s  the load has ended; waiting until the log is quiet")
        # The rest is seen one look at a time.
        self.watch.stop()
        is_quiet = self.quiet()
        parked = self.dead_letters()
        report = Report(self.watch, self.ledger, plan, parked, is_quiet)
        say(report.text)
        return report.holds

    def announce(self, fault):
        act = fault.act

        def announced():
            say(f"{self.watch.now:6.0f} s  {fault.text}")
            if fault.name == "node":
                self.ledger.last_node_kill = time.monotonic()
            act()
            if fault.name == "node":
                self.ledger.last_node_kill = time.monotonic()

        fault.act = announced

    def between(self):
        self.cast.check()
        if self.watch.now - self.told >= 60:
            self.told = self.watch.now
            say(f"{self.told:6.0f} s  {len(self.ledger.entries)} sessions")

    def owned(self):
        return sum(each.sum("reprise_partition_owned") for each in self.watch.look().values())

    def quiet(self):
        """Nothing is left to be done, at two looks in a row."""
        readings = 0
        deadline = time.monotonic() + QUIET_WITHIN_S
        while readings < 2:
            if time.monotonic() > deadline:
                return False
            self.cast.check()
            found = self.watch.look()
            holds_nothing = (
                len(found) == 1 + len(WORKERS)
                and all(each.unfinished == 0 for each in found.values())
                and found["node"].sum("reprise_mirror_lag_frames") == 0
                and sum(each.sum("reprise_partition_owned") for each in found.values()) == PARTITIONS)
            readings = readings + 1 if holds_nothing else 0
            time.sleep(1)
        return True

    def until(self, condition, bound_s, sentence):
        deadline = time.monotonic() + bound_s
        while not condition():
            self.cast.check()
            if time.monotonic() > deadline:
                raise Broken(f"{sentence} within {bound_s} s")
            time.sleep(0.5)

    def dead_letters(self):
        """The ids of what is parked, by the code of the reason."""
        letters, after = {}, ""
        while True:
            status, body = request(
                self.cast.node_port, "GET", f"/v1/dead-letters?limit=1000{after}", timeout=60)
            page = json.loads(body)
            if status != 200:
                raise Broken(f"the dead letters cannot be listed: {body.decode()}")
            for letter in page["deadLetters"]:
                letters[letter["id"].lower()] = letter.get("parked", {}).get("reason", "?")
            if "next" not in page:
                return letters
            after = f"&after={page['next']}"

    def stop(self):
        self.handler.ends.set()
        self.cast.stop()
        self.handler.stop()


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="reprise-soak-")
    say(f"{chosen.seconds:.0f} s at {chosen.rate:.0f} sessions a second, --seed {chosen.seed}")
    holds = False
    soak = Soak(chosen, folder)
    try:
        holds = soak.run()
    except Broken as broken:
        say(f"BROKEN: {broken}")
    except KeyboardInterrupt:
        say("interrupted")
    finally:
        soak.stop()
        # What went wrong can be looked at.
        if holds and not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"journal and logs: {folder}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
