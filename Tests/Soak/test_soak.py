"""What the soak concludes from what it sees, without any process.

    python3 -m unittest discover -s Tests/Soak
"""

import types
import unittest

import faults
from ledger import Ledger
from watch import Exposition, Memory

MB = 1e6


class AccountTests(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()

    def entry(self, identity, **fields):
        entry = self.ledger.new(identity)
        for name, value in {"opened": True, **fields}.items():
            setattr(entry, name, value)

    def test_each_session_has_one_heading(self):
        self.entry("a", ended="completed")
        self.entry("b", recovered=True, runs=2)
        self.entry("c", runs=6)
        self.entry("d", ended="unknown")
        self.entry("e", opened=False)
        self.entry("f", ended="completed", runs=1)
        sums, lost = self.ledger.account({"c": "attemptsExhausted"})
        self.assertEqual(lost, [])
        self.assertEqual(sums, {
            "opened": 5, "completed at once": 2, "recovered": 1, "parked": 1,
            "answer of complete lost": 1, "never opened": 1, "completed, and run as well": 1})

    def test_what_nobody_finished_is_lost(self):
        self.entry("a")
        self.entry("b", runs=3)
        self.entry("c", opened=False, runs=1)
        self.assertEqual(self.ledger.account({})[1], ["a", "b", "c"])


class RunTests(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.entry = self.ledger.new("a")
        self.entry.opened, self.entry.due_ms = True, 1000

    def run_begins(self, token=1, now_ms=1000, identity="A"):
        self.ledger.run_begins({"id": identity, "token": str(token)}, now_ms)

    def test_runs_with_tokens_of_their_own_are_fine(self):
        self.run_begins(1)
        self.run_begins(2)
        self.assertEqual(self.ledger.breaches, [])
        self.assertEqual(self.entry.runs, 2)

    def test_a_token_that_comes_again_is_a_breach(self):
        self.run_begins(1)
        self.run_begins(1)
        self.assertIn("twice", self.ledger.breaches[0])

    def test_a_run_before_the_lease_ended_is_a_breach(self):
        self.run_begins(now_ms=999)
        self.assertIn("1 ms before", self.ledger.breaches[0])

    def test_a_closed_session_has_no_lease(self):
        self.entry.closed = True
        self.run_begins(now_ms=1)
        self.assertEqual(self.ledger.breaches, [])

    def test_a_session_of_nobody_is_a_breach(self):
        self.run_begins(identity="b")
        self.assertIn("nobody opened it", self.ledger.breaches[0])


class MemoryTests(unittest.TestCase):
    def memory(self, *thirds, seconds=90):
        return Memory([(at, thirds[min(2, at * 3 // seconds)] * MB) for at in range(seconds + 1)])

    def test_growth_at_the_start_is_none(self):
        self.assertTrue(self.memory(20, 100, 110).is_flat)

    def test_growth_at_the_end_is(self):
        self.assertFalse(self.memory(100, 200, 330).is_flat)

    def test_who_has_just_started_is_not_judged(self):
        self.assertTrue(self.memory(10, 100, 500, seconds=30).is_flat)


class ScheduleTests(unittest.TestCase):
    def plan(self, seconds, has_broker=True):
        cast = types.SimpleNamespace(has_broker=has_broker, kill=None, start=None, freeze=None, thaw=None)
        return faults.schedule(cast, seconds)

    def test_everything_happens_even_in_the_short_form(self):
        names = [fault.name for fault in self.plan(75)]
        self.assertEqual(names, ["worker-0", "node", "broker", "worker-0", "worker-0"])

    def test_all_is_mended_before_the_end_and_one_at_a_time(self):
        for seconds in (30, 75, 480, 3600):
            plan = self.plan(seconds)
            self.assertTrue(plan)
            self.assertLess(plan[-1].at + plan[-1].lasts, seconds)
            for fault, following in zip(plan, plan[1:]):
                self.assertLess(fault.at + fault.lasts, following.at)

    def test_the_node_is_left_alone_in_the_second_half(self):
        kills = [fault.at for fault in self.plan(3600) if fault.name == "node"]
        self.assertGreater(len(kills), 5)
        self.assertLess(max(kills), 1800)

    def test_the_broker_of_somebody_else_is_not_frozen(self):
        self.assertNotIn("broker", [fault.name for fault in self.plan(3600, has_broker=False)])


class ExpositionTests(unittest.TestCase):
    def test_series_are_added_up_by_label(self):
        found = Exposition(
            '# HELP a b\nruns{kind="k",outcome="complete"} 3\nruns{kind="l",outcome="complete"} 4\n'
            'runs{kind="k",outcome="failed"} 1\nlag_seconds 0.25\n'
            'reprise_sessions{kind="k",phase="open"} 2\nreprise_sessions{kind="k",phase="parked"} 5\n')
        self.assertEqual(found.by("runs", "outcome"), {"complete": 7, "failed": 1})
        self.assertEqual(found.sum("runs", 'kind="k"'), 4)
        self.assertEqual(found.max("lag_seconds"), 0.25)
        self.assertEqual(found.unfinished, 2)


if __name__ == "__main__":
    unittest.main()
