import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct BreakerTests {
    private let failure = HandlerOutcome.failed(.handlerFailed, reason: "no")

    private func openGate(rate: Double = 0.5) -> Gate {
        var policy = KindPolicy()
        policy.breaker.failures = 5
        policy.breaker.rate = rate
        policy.breaker.openFor = 100
        policy.breaker.maxOpenFor = 100_000
        var gate = Gate(policy: policy)
        for session in 0..<5 {
            _ = gate.acquire(now: .zero)
            gate.release(failure, of: SessionTrace.id(session), now: .zero)
        }
        return gate
    }

    /// Runs until the breaker is closed, in rounds of as many runs as it lets start; the time that took.
    private func closing(
        _ gate: inout Gate, failing part: Double, seed: UInt64, limit: Int64
    ) -> Int64? {
        var random = SeededRandom(seed: seed)
        var now: Int64 = 0
        while now < limit {
            now += 10
            let time = Timestamp(milliseconds: now)
            var started = 0
            while gate.acquire(now: time) { started += 1 }
            for _ in 0..<started {
                let fails = Double.random(in: 0..<1, using: &random) < part
                let session = SessionTrace.id(Int.random(in: 0..<1_000, using: &random))
                gate.release(fails ? failure : .complete, of: session, now: time)
            }
            if case .closed = gate.breaker.state { return now }
        }
        return nil
    }

    /// Else a kind whose dependency was down once stays at a trickle for ever after.
    @Test(arguments: 0..<50) func `a kind that fails now and then comes back`(seed: UInt64) {
        for part in [0, 0.1, 0.25, 0.35] {
            var gate = openGate()
            #expect(
                closing(&gate, failing: part, seed: seed, limit: 60_000) != nil,
                "\(part) of the runs fail, seed \(seed)")
        }
    }

    @Test(arguments: 0..<50) func `a kind that mostly fails does not come back`(seed: UInt64) {
        var gate = openGate()
        #expect(closing(&gate, failing: 0.95, seed: seed, limit: 60_000) == nil, "seed \(seed)")
    }

    @Test func `a failure among probes that mostly succeed is the session's own`() {
        var gate = openGate()
        let now = Timestamp(milliseconds: 100)
        for _ in 0..<3 {
            #expect(gate.acquire(now: now) == true)
            gate.release(.complete, now: now)
        }
        #expect(gate.acquire(now: now) == true)
        #expect(gate.release(failure, of: SessionTrace.id(9), now: now) == failure)
        #expect(gate.acquire(now: now) == true, "it is half-open still")
    }

    /// Else they would wait until they are too old, and keep the kind shut for what comes.
    @Test(arguments: [1, 2, 4]) func `where a few sessions fail alone, their failures count`(
        few: Int
    ) {
        var gate = openGate()
        gate.release(.complete, now: .zero)
        var uncounted = 0
        for run in 0..<100 {
            let now = Timestamp(milliseconds: Int64(run + 1) * 100_000)
            #expect(gate.acquire(now: now) == true)
            let written = gate.release(failure, of: SessionTrace.id(run % few), now: now)
            if written != failure { uncounted += 1 }
        }
        #expect(uncounted <= few, "the first failure of each at most")
    }

    @Test func `where as many fail as open it, no failure counts`() {
        var gate = openGate()
        for run in 0..<100 {
            let now = Timestamp(milliseconds: Int64(run + 1) * 100_000)
            #expect(gate.acquire(now: now) == true)
            #expect(gate.release(failure, of: SessionTrace.id(run % 5), now: now) != failure)
        }
    }

    @Test func `where no failure is allowed, one among the probes opens it again`() {
        var gate = openGate(rate: 0.01)
        let now = Timestamp(milliseconds: 100)
        for _ in 0..<8 {
            #expect(gate.acquire(now: now) == true)
            gate.release(.complete, now: now)
        }
        #expect(gate.acquire(now: now) == true)
        gate.release(failure, of: SessionTrace.id(9), now: now)
        #expect(gate.acquire(now: now) == false)
    }
}
