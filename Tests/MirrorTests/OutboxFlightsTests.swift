import Mirror
import Model
import TestSupport
import Testing

/// Messages of outboxes on their way beside events of sessions.
@Suite struct OutboxFlightsTests {
    @Test func `a message of an outbox holds up what may be forgotten, and no session`() throws {
        var rig = MachineRig()
        try rig.read(1, 1, 1, MachineRig.opened)
        rig.announce(2)
        rig.announce(3)
        try rig.read(4, 4, 1, MachineRig.opened)
        rig.send(50)
        #expect(rig.machine.outboxInFlight == 2)
        #expect(rig.machine.sessionsAcknowledged == 0)
        try rig.deliver(1)
        #expect(rig.machine.acknowledged == 1)
        #expect(rig.machine.sessionsAcknowledged == 3)
        try rig.deliver(4)
        rig.machine.pass(5)
        #expect(rig.machine.sessionsAcknowledged == 5)
        try rig.deliver(3)
        #expect(rig.machine.acknowledged == 1, "in the order of the log")
        try rig.deliver(2)
        #expect(rig.machine.acknowledged == 5)
        #expect(rig.machine.inFlight == 0)
    }

    @Test func `frames that are not for Kafka behind a message are waited for by nobody`() {
        var rig = MachineRig()
        rig.announce(1)
        rig.machine.pass(2)
        rig.send(50)
        #expect(rig.machine.sessionsAcknowledged == 2)
        #expect(rig.machine.acknowledged == 0)
    }

    @Test func `after a reset the messages of outboxes count again`() throws {
        var rig = MachineRig()
        rig.announce(1)
        try rig.read(2, 2, 1, MachineRig.opened)
        rig.send(50)
        try rig.deliver(2)
        let old = rig.slots
        rig.machine.reset()
        #expect(rig.machine.acknowledged == 0)
        #expect(rig.machine.sessionsAcknowledged == 2, "Kafka has it, whatever is sent again")
        #expect(rig.machine.inFlight == 0)
        rig.announce(1)
        for slot in old.values { rig.machine.delivered(slot) }
        #expect(rig.machine.acknowledged == 0)
        #expect(rig.send(50) == [1])
        try rig.read(2, 2, 1, MachineRig.opened)
        #expect(rig.send(50) == [2])
        try rig.deliver(2)
        #expect(rig.machine.acknowledged == 0)
        try rig.deliver(1)
        #expect(rig.machine.acknowledged == 2)
    }

    @Test(arguments: 0..<20)
    func `whatever Kafka answers, nothing is forgotten that it does not have`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        let isMessage = (1...200).map { _ in random.chance(20) }
        var rig = MachineRig(window: 0)
        var missing = Set(1...UInt64(isMessage.count))
        var read = 0
        // The topic of the messages is away at first.
        var isThere = false
        var rounds = 0
        while rig.machine.acknowledged < UInt64(isMessage.count) {
            rounds += 1
            try #require(rounds < 10_000, "seed \(seed): it does not get on")
            if rounds == 60 { isThere = true }
            for _ in 0..<random.below(20) where read < isMessage.count {
                read += 1
                if isMessage[read - 1] {
                    rig.announce(UInt64(read))
                } else {
                    try rig.read(UInt64(read), read, 1, MachineRig.opened)
                }
            }
            rig.send(0)
            for lsn in rig.slots.keys.sorted()
            where random.chance(50) && (isThere || !isMessage[Int(lsn) - 1]) {
                try rig.deliver(lsn)
                rig.slots[lsn] = nil
                missing.remove(lsn)
            }
            let (all, sessions) = (rig.machine.acknowledged, rig.machine.sessionsAcknowledged)
            #expect(all <= sessions)
            #expect(missing.allSatisfy { $0 > all }, "seed \(seed): forgotten at \(all)")
            #expect(
                missing.allSatisfy { $0 > sessions || isMessage[Int($0) - 1] },
                "seed \(seed): a session's event is missing before \(sessions)")
            if random.chance(3) {
                rig.machine.reset()
                rig.slots.removeAll()
                read = Int(rig.machine.acknowledged)
            }
        }
        #expect(rig.machine.sessionsAcknowledged == UInt64(isMessage.count))
        #expect(missing.isEmpty)
    }
}
