"""What goes wrong, and when."""

import time

from cast import SESSION_TIMEOUT_S


class Fault:
    def __init__(self, at, name, text, act, undo, lasts):
        self.at, self.name, self.text = at, name, text
        self.act, self.undo, self.lasts = act, undo, lasts


def schedule(cast, seconds):
    """Every twelve seconds or so in a short run, every forty in a long one. The node is left alone in the second
    half, and of the workers only worker-0 is killed, so that there are long stretches of memory to judge."""
    gap = min(40.0, max(12.0, seconds / 6))

    def killed(name, lasts):
        return (f"{name} killed, back after {lasts:.0f} s", lambda: cast.kill(name),
                lambda: cast.start(name), lasts)

    frozen = ("broker frozen for 4 s", cast.freeze, cast.thaw, 4.0)
    # Longer than the group waits for a member: with Apache Kafka the others take over what it had; noida-db
    # does not notice, and its partitions wait for it.
    gone = killed("worker-0", SESSION_TIMEOUT_S + 5.0)
    turns = [killed("worker-0", 2.0), killed("node", 2.0), frozen, gone]
    faults, at, turn = [], 8.0, 0
    while True:
        text, act, undo, lasts = turns[turn % len(turns)]
        if at + lasts + 3 > seconds:
            return faults
        if "node" in text and at > seconds / 2:
            text, act, undo, lasts = turns[0]
        if cast.has_broker or text != frozen[0]:
            faults.append(Fault(at, text.split()[0], text, act, undo, lasts))
        at += max(gap, lasts + 5)
        turn += 1


def play(faults, seconds, clock, between):
    """Does all of it until the time is up; `between` is called several times a second."""
    open_faults, coming = [], list(faults)
    while clock() < seconds or open_faults:
        between()
        while coming and coming[0].at <= clock():
            fault = coming.pop(0)
            fault.at = clock()
            fault.act()
            open_faults.append(fault)
        for fault in [each for each in open_faults if each.at + each.lasts <= clock()]:
            fault.undo()
            open_faults.remove(fault)
        time.sleep(0.1)
