import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct GateTests {
    private func at(_ time: Int64) -> Timestamp { Timestamp(milliseconds: time) }
    private let failure = HandlerOutcome.failed(.handlerFailed, reason: "no")

    private func gate(_ change: (inout KindPolicy) -> Void) -> Gate {
        var policy = KindPolicy()
        change(&policy)
        return Gate(policy: policy)
    }

    @Test func `no more runs than the kind's concurrency`() {
        var gate = gate { $0.concurrency = 2 }
        let places = (0..<3).map { _ in gate.acquire(now: at(0)) }
        #expect(places == [true, true, false])
        #expect(gate.retryTime(now: at(0)) == nil, "only a release helps")
        gate.release(.complete, now: at(1))
        #expect(gate.retryTime(now: at(1)) == at(1))
        gate.giveBack(now: at(1))
        gate.giveBack(now: at(1))
        #expect(gate.running == 0, "a place is not given back twice")
    }

    @Test func `a pause lets nothing through`() {
        var gate = gate { _ in }
        gate.isPaused = true
        let isAdmitted = gate.acquire(now: at(0))
        #expect(!isAdmitted && gate.retryTime(now: at(0)) == nil)
    }

    @Test func `the rate is held, and the time to try again is right`() {
        var gate = gate {
            $0.ratePerSecond = 10
            $0.concurrency = 10_000
        }
        var now: Int64 = 5_000
        var started = 0
        while now < 15_000 {
            if gate.acquire(now: at(now)) {
                started += 1
            } else {
                guard let next = gate.retryTime(now: at(now)) else { break }
                #expect(next > at(now) && next <= at(now + 101))
                now = next.milliseconds
            }
        }
        #expect((105...111).contains(started), "ten a second, and one second's worth at first")
    }

    @Test func `clock steps give no more than a second's worth`() {
        var gate = gate {
            $0.ratePerSecond = 10
            $0.concurrency = 10_000
        }
        for now in [0, 1_000_000_000, -1_000_000, Int64.max, .min, 0] {
            let started = (0..<100).filter { _ in gate.acquire(now: at(now)) }.count
            #expect(started <= 10, "at \(now)")
        }
        #expect(gate.retryTime(now: at(0)) == at(100))
    }

    @Test func `the breaker opens, probes with one run and closes`() {
        var gate = gate {
            $0.breaker.failures = 3
            $0.breaker.openFor = 100
            $0.breaker.maxOpenFor = 350
        }
        for number in 0..<3 {
            #expect(gate.acquire(now: at(0)) == true)
            gate.release(failure, of: SessionTrace.id(number), now: at(0))
        }
        #expect(gate.acquire(now: at(99)) == false)
        #expect(gate.retryTime(now: at(99)) == at(100))
        // A failed probe doubles the time, up to the longest.
        var opens: Int64 = 100
        for wait in [200, 350, 350] as [Int64] {
            #expect(gate.retryTime(now: at(opens)) == at(opens))
            #expect(gate.acquire(now: at(opens)) == true)
            #expect(gate.acquire(now: at(opens)) == false, "one probe at a time")
            #expect(gate.retryTime(now: at(opens)) == nil)
            gate.release(failure, now: at(opens))
            #expect(gate.acquire(now: at(opens + wait - 1)) == false)
            opens += wait
        }
        #expect(gate.acquire(now: at(opens)) == true)
        gate.giveBack(now: at(opens))
        #expect(gate.acquire(now: at(opens)) == true, "a probe that never ran says nothing")
        gate.release(.complete, now: at(opens))
        #expect(gate.acquire(now: at(opens)) == true)
        #expect(gate.acquire(now: at(opens)) == true)
    }

    @Test func `a clock that steps back does not keep the breaker open`() {
        var gate = gate {
            $0.breaker.failures = 1
            $0.breaker.openFor = 100
        }
        #expect(gate.acquire(now: at(1_000_000)) == true)
        gate.release(failure, now: at(1_000_000))
        #expect(gate.acquire(now: at(500)) == false)
        #expect(gate.retryTime(now: at(500)) == at(600))
        #expect(gate.acquire(now: at(600)) == true)
    }

    /// KIP-1316.
    @Test func `a failure while the breaker is open costs no attempt`() {
        var gate = gate { $0.breaker.failures = 2 }
        for _ in 0..<4 { #expect(gate.acquire(now: at(0)) == true) }
        let written = (0..<4).map { gate.release(failure, of: SessionTrace.id($0), now: at(0)) }
        #expect(written[0] == failure && written[1] == failure)
        for outcome in written[2...] {
            guard case .unavailable(nil, let reason) = outcome else {
                Issue.record("counted")
                continue
            }
            #expect(reason.contains("no"))
        }
        // Verdicts on the session itself stay what they are.
        #expect(gate.acquire(now: at(5_000)) == true)
        #expect(gate.release(.park(reason: "x"), now: at(5_000)) == .park(reason: "x"))
    }

    /// Else a session that always fails in a quiet kind would never be parked.
    @Test func `where one session fails alone, its failures count`() {
        var gate = gate { $0.breaker.failures = 2 }
        var now: Int64 = 0
        for _ in 0..<30 {
            now += 300_000
            #expect(gate.acquire(now: at(now)) == true)
            #expect(gate.release(failure, of: SessionTrace.id(1), now: at(now)) == failure)
        }
    }

    @Test func `new policies leave what runs and what the breaker knows alone`() {
        let (kept, gone, new) = (
            Kind(unchecked: "kept"), Kind(unchecked: "gone"), Kind(unchecked: "new")
        )
        var policy = KindPolicy()
        policy.breaker.failures = 1
        var gates = Gates([kept: policy, gone: policy])
        #expect(gates.acquire(kept, now: at(0)) == true)
        #expect(gates.acquire(kept, now: at(0)) == true)
        gates.release(kept, failure, now: at(0))
        policy.concurrency = 1
        gates.reconfigure([kept, new], paused: [new]) { _ in policy }
        #expect(gates[kept]?.running == 1 && gates[kept]?.policy.concurrency == 1)
        #expect(gates[kept]?.breaker.opens(now: at(0)) == at(5_000), "it is open still")
        #expect(gates[gone] == nil)
        #expect(gates[new]?.isPaused == true)
        gates.reconfigure([kept, new]) { _ in policy }
        #expect(gates[new]?.isPaused == false)
    }

    @Test func `the breaker opens when too large a part of the last runs fails`() {
        var gate = gate {
            $0.concurrency = 100
            $0.breaker.failures = 4
            $0.breaker.rate = 0.5
            $0.breaker.window = 1_000
        }
        // Two of three succeed: never four failures in a row, never half.
        for now in Int64(0)..<300 {
            #expect(gate.acquire(now: at(now)) == true)
            gate.release(now % 3 == 0 ? failure : .complete, now: at(now))
        }
        #expect(gate.breaker.state == .closed(failures: 0))
        // From now on every second fails; what came before is out of the window.
        var now: Int64 = 2_000
        while case .closed = gate.breaker.state, now < 3_000 {
            #expect(gate.acquire(now: at(now)) == true)
            gate.release(now % 2 == 0 ? failure : .complete, now: at(now))
            now += 1
        }
        #expect(now == 2_007, "the fourth failure of seven")
    }

    @Test func `few failures are too few, and failures long past do not count`() {
        var gate = gate {
            $0.breaker.failures = 3
            $0.breaker.window = 1_000
        }
        for now in [0, 600, 1_200, 1_800, 2_400] as [Int64] {
            for outcome in [failure, .complete] {
                #expect(gate.acquire(now: at(now)) == true)
                gate.release(outcome, now: at(now))
            }
        }
        #expect(gate.breaker.state == .closed(failures: 0))
    }

    @Test func `what has piled up comes back one by one, then two by two`() {
        var gate = gate {
            $0.concurrency = 8
            $0.breaker.failures = 1
            $0.breaker.openFor = 100
        }
        #expect(gate.acquire(now: at(0)) == true)
        gate.release(failure, now: at(0))
        var rounds: [Int] = []
        while gate.breaker.state != .closed(failures: 0), rounds.count < 10 {
            var started = 0
            while gate.acquire(now: at(100)) { started += 1 }
            #expect(gate.retryTime(now: at(100)) == nil, "only a release helps")
            rounds.append(started)
            for _ in 0..<started { gate.release(.complete, now: at(100)) }
        }
        #expect(rounds == [1, 2, 4, 8])
    }

    @Test func `a success that began before the outage does not close the breaker`() {
        var gate = gate {
            $0.breaker.failures = 1
            $0.breaker.openFor = 100
        }
        for _ in 0..<2 { #expect(gate.acquire(now: at(0)) == true) }
        gate.release(failure, now: at(0))
        gate.release(.complete, now: at(1))
        #expect(gate.acquire(now: at(99)) == false)
        #expect(gate.acquire(now: at(100)) == true)
    }

    @Test func `too many failures among the probes open it again and cost no attempt`() {
        var gate = gate {
            $0.breaker.failures = 1
            $0.breaker.openFor = 100
        }
        #expect(gate.acquire(now: at(0)) == true)
        gate.release(failure, of: SessionTrace.id(1), now: at(0))
        #expect(gate.acquire(now: at(100)) == true)
        gate.release(.complete, now: at(100))
        for _ in 0..<2 { #expect(gate.acquire(now: at(100)) == true) }
        let judged = gate.release(failure, of: SessionTrace.id(2), now: at(100))
        guard case .unavailable = judged else {
            Issue.record("counted: \(judged)")
            return
        }
        #expect(gate.acquire(now: at(199)) == false)
        #expect(gate.breaker.opens(now: at(100)) == at(200), "a probe succeeded: not for longer")
    }
}
