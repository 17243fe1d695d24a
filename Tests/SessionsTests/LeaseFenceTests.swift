import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct LeaseFenceTests {
    private func at(_ time: Int64) -> Timestamp { Timestamp(milliseconds: time) }
    private func place(_ number: UInt64) -> Position { Position(sequence: number) }

    @Test func `without a lease there is no fence`() {
        #expect(LeaseFence().expires(acknowledged: .none) == .distantFuture)
    }

    @Test func `a renewal counts once it is acknowledged in time`() {
        var fence = LeaseFence()
        var acknowledged = Acknowledgements()
        fence.renewed(to: at(1_000), at: place(1), acknowledged: acknowledged)
        fence.renewed(to: at(2_000), at: place(2), acknowledged: acknowledged)
        #expect(fence.expires(acknowledged: acknowledged) == at(1_000))
        acknowledged.advance(to: place(2), now: at(900))
        #expect(fence.expires(acknowledged: acknowledged) == at(2_000))
    }

    /// The group may have claimed at 1,000; the renewal that arrived at 1,500 was passed over.
    @Test func `an acknowledgement after the lease proves nothing, then and later`() {
        var fence = LeaseFence()
        var acknowledged = Acknowledgements()
        fence.renewed(to: at(1_000), at: place(1), acknowledged: acknowledged)
        acknowledged.advance(to: place(1), now: at(50))
        fence.renewed(to: at(2_000), at: place(2), acknowledged: acknowledged)
        acknowledged.advance(to: place(2), now: at(1_500))
        #expect(fence.expires(acknowledged: acknowledged) == at(1_000))
        fence.renewed(to: at(9_000), at: place(3), acknowledged: acknowledged)
        acknowledged.advance(to: place(3), now: at(1_600))
        #expect(fence.expires(acknowledged: acknowledged) == at(1_000))
    }

    /// Writes come faster than acknowledgements: the fence moves with the oldest that is waiting.
    @Test func `a busy session is not refused`() {
        var fence = LeaseFence()
        var acknowledged = Acknowledgements()
        for number in UInt64(1)...1_000 {
            let now = Int64(number) * 10
            if number > 20 {
                acknowledged.advance(to: place(number - 20), now: at(now))
            }
            #expect(fence.expires(acknowledged: acknowledged) > at(now))
            fence.renewed(to: at(now + 1_000), at: place(number), acknowledged: acknowledged)
        }
    }

    /// A reference that keeps every lease and every acknowledgement. The group may know any prefix of
    /// the leases that holds all that are acknowledged; once it could claim, the session may be its.
    @Test func `the fence never allows a moment at which the group might have claimed`() {
        var allowed = 0
        for seed in UInt64(0)..<4_000 {
            var random = SeededRandom(seed: seed)
            var fence = LeaseFence()
            var acknowledged = Acknowledgements()
            var leases: [Int64] = []
            var acknowledgedCount = 0
            var isLost = false
            var now: Int64 = 0
            for _ in 0..<60 {
                now += Int64(random.below(40))
                // What the group may do up to now, before anything else happens.
                if let known = leases.prefix(max(1, acknowledgedCount)).last, known <= now {
                    isLost = true
                }
                let allows = at(now) < fence.expires(acknowledged: acknowledged)
                #expect(!(allows && isLost && !leases.isEmpty), "seed \(seed) at \(now)")
                if allows { allowed += 1 }
                if random.chance(50), allows || random.chance(10) {
                    let lease = max(now + Int64(random.below(120)), leases.last ?? 0)
                    leases.append(lease)
                    fence.renewed(
                        to: at(lease), at: place(UInt64(leases.count)), acknowledged: acknowledged)
                } else if acknowledgedCount < leases.count {
                    acknowledgedCount += 1 + random.below(leases.count - acknowledgedCount)
                    acknowledged.advance(to: place(UInt64(acknowledgedCount)), now: at(now))
                }
            }
        }
        #expect(allowed > 10_000, "a fence that refuses everything proves nothing")
    }
}

@Suite struct AcknowledgementsTests {
    @Test func `times are rounded up, never down, and stay bounded`() {
        var acknowledged = Acknowledgements()
        var truth: [(Position, Timestamp)] = []
        var random = SeededRandom(seed: 9)
        var now: Int64 = 1_000
        for number in UInt64(1)...200_000 {
            now += Int64(random.below(30))
            let position = Position(sequence: number)
            acknowledged.advance(to: position, now: Timestamp(milliseconds: now))
            if number % 97 == 0 { truth.append((position, Timestamp(milliseconds: now))) }
        }
        for (position, time) in truth {
            let found = acknowledged.time(of: position) ?? .zero
            #expect(found >= time)
        }
        for (position, time) in truth.suffix(200) {
            #expect((acknowledged.time(of: position) ?? .distantFuture) - time <= 64)
        }
        #expect(acknowledged.time(of: Position(sequence: 200_001)) == nil)
        #expect(Acknowledgements.none.time(of: Position(sequence: 1)) == nil)
    }

    @Test func `a clock that steps back makes nothing older than it is`() {
        var acknowledged = Acknowledgements()
        acknowledged.advance(to: Position(sequence: 1), now: Timestamp(milliseconds: 5_000))
        acknowledged.advance(to: Position(sequence: 2), now: Timestamp(milliseconds: 10))
        #expect(acknowledged.time(of: Position(sequence: 2)) == Timestamp(milliseconds: 5_000))
        acknowledged.advance(to: Position(sequence: 1), now: Timestamp(milliseconds: 9_000))
        #expect(acknowledged.position == Position(sequence: 2))
    }
}
