"""The end of a soak: what happened, and whether what must hold did."""

from cast import PARTITIONS, WORKERS
from watch import Memory


def megabytes(size):
    return f"{size / 1e6:.0f}"


def listed(counts):
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


class Report:
    def __init__(self, watch, ledger, plan, letters, is_quiet):
        self.watch, self.ledger, self.plan, self.letters = watch, ledger, plan, letters
        self.sums, self.lost = ledger.account(letters)
        self.memory = {life: Memory(points) for life, points in sorted(watch.memory.items())}
        self.invariants = []
        self._judge(is_quiet)
        self.holds = all(holds for _, holds, _ in self.invariants)
        self.text = "\n".join([*self._faults(), *self._sessions(), *self._sizes(), *self._verdict()])

    def _judge(self, is_quiet):
        sums, watch = self.sums, self.watch
        self._check("the log became quiet", is_quiet, self._left())
        self._check("every opened session was completed, recovered or parked", not self.lost,
                    f"{len(self.lost)} were not: {', '.join(self.lost[:10])}")
        self._check(f"the conservation difference was 0 in all {watch.scrapes} scrapes",
                    watch.scrapes > 0 and watch.largest_difference == 0,
                    f"up to {watch.largest_difference:.0f}")
        strangers = [each for each in self.letters if each not in self.ledger.entries]
        self._check("nobody else's sessions are parked", not strangers, f"{strangers[:10]}")
        growing = [f"{name} in life {life}: {megabytes(each.medians[1])} MB, then "
                   f"{megabytes(each.medians[2])} MB" for (name, life), each in self.memory.items()
                   if name != "broker" and not each.is_flat]
        judged = [name for (name, _), each in self.memory.items() if each.is_judged]
        self._check("memory was flat", not growing and judged, "; ".join(growing) or "none was seen")
        # A run in which nothing was recovered, or nothing went wrong, shows nothing.
        self._check("there was work for everybody",
                    sums["completed at once"] > 0 and sums["recovered"] > 0 and self.plan,
                    f"{sums}")
        self._check("nothing else was seen that must not be", not self.ledger.breaches,
                    "; ".join(self.ledger.breaches))

    def _check(self, name, holds, detail):
        self.invariants.append((name, bool(holds), "" if holds else detail))

    def _left(self):
        return "; ".join(
            f"{name}: {found.unfinished:.0f} unfinished, "
            f"{found.sum('reprise_partition_owned'):.0f} partitions, "
            f"{found.sum('reprise_mirror_lag_frames'):.0f} frames behind"
            for name, found in self.watch.latest.items())

    def _totals(self, expositions):
        """Of their logs, or of what these still know of the past."""
        ends = ["opened", "completed", "handed_over", "dead_lettered"]
        return listed({end.replace("_", " "): int(sum(
            each.sum(f"reprise_sessions_{end}") for each in expositions)) for end in ends})

    # Parts of the text

    def _faults(self):
        yield ""
        yield f"{'at':>7}  {'what was done':34} {'mirror lag':>10} {'due lag':>8} {'not all owned':>14}"
        ends = [fault.at for fault in self.plan[1:]] + [float("inf")]
        for fault, end in zip(self.plan, ends):
            yield (f"{fault.at:5.0f} s  {fault.text:34} "
                   f"{self.watch.max('mirror lag', fault.at, end):8.1f} s "
                   f"{self.watch.max('due lag', fault.at, end):6.1f} s "
                   f"{self.watch.seconds_without(PARTITIONS, fault.at, end):12} s")

    def _sessions(self):
        watch, counts = self.watch, self.ledger.counts
        part = lambda prefix: {name[len(prefix):]: count for name, count in counts.items()
                               if name.startswith(prefix)}
        reasons = {}
        for reason in self.letters.values():
            reasons[reason] = reasons.get(reason, 0) + 1
        latest = watch.latest
        rows = [("sessions", listed(self.sums)),
                ("node's count", self._totals([latest["node"]] if "node" in latest else [])),
                ("workers' count", self._totals([latest[each] for each in WORKERS if each in latest])),
                ("parked", listed(reasons)),
                ("handler", listed(part("handler: ")))]
        rows += [(f"{name} refused", listed(part(f"{name}: ")))
                 for name in ("open", "append", "close", "complete")]
        rows += [("attempts", listed(watch.total("reprise_attempts_total", "outcome"))),
                 ("expired", f"{watch.sum('reprise_attempts_expired_total')} runs without an outcome"),
                 ("stale events", listed(watch.total("reprise_events_ignored_total", "reason"))),
                 ("Kafka errors", listed(watch.total("reprise_kafka_errors_total", "code"))),
                 ("mirror", f"{watch.sum('reprise_mirror_delivered_messages_total')} messages, "
                            f"{watch.sum('reprise_mirror_skipped_events_total')} events left out, "
                            f"{watch.sum('reprise_mirror_restarts_total')} restarts"),
                 ("mirror lag", f"up to {watch.max('mirror lag'):.1f} s, "
                                f"{watch.max('mirror frames'):.0f} frames"),
                 ("due lag", f"up to {watch.max('due lag'):.1f} s"),
                 ("breaker", f"open in {sum(each['breakers open'] > 0 for each in watch.samples)} of "
                             f"{len(watch.samples)} looks")]
        yield ""
        for name, text in rows:
            yield f"{name:16} {text}"
        yield "Of a process that was killed, counts are as of the last look at it."

    def _sizes(self):
        yield ""
        yield f"{'MB of memory':16} {'lasted':>8} {'1st third':>10} {'2nd':>6} {'3rd':>6} {'most':>6}"
        for (name, life), each in self.memory.items():
            thirds = " ".join(f"{megabytes(size):>6}" for size in each.medians[1:])
            note = "" if each.is_judged else "  too short to judge"
            note = "  keeps all in memory: not judged" if name == "broker" else note
            yield (f"{name + ' ' + str(life):16} {each.lasted_s:6.0f} s {megabytes(each.medians[0]):>10} "
                   f"{thirds} {megabytes(each.most):>6}{note}")

    def _verdict(self):
        yield ""
        for name, holds, detail in self.invariants:
            yield f"{'holds ' if holds else 'BROKEN'}  {name}" + (f": {detail}" if detail else "")
        yield ""
        yield "Every invariant holds." if self.holds else "AN INVARIANT IS BROKEN."
