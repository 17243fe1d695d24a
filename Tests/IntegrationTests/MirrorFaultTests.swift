import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// The mirror against a broker that misbehaves.
@Suite(.timeLimit(.minutes(10))) struct MirrorFaultTests {
    enum Fault: String, Sendable, CaseIterable {
        case requestErrors, brokerAway, fatalProducer, leaderMoved
    }

    private func inject(_ fault: Fault, _ cluster: MockCluster) throws {
        switch fault {
        case .requestErrors:
            try cluster.push([.notLeader, .requestTimedOut, .notEnoughReplicas], to: .produce)
        case .brokerAway:
            for broker: Int32 in 1...3 { try cluster.setDown(broker) }
        case .fatalProducer: try cluster.push([.topicAuthorizationFailed], to: .produce)
        case .leaderMoved:
            for partition: Int32 in 0..<2 {
                let topic = KafkaPartition(topic: "reprise.sessions", partition: partition)
                try cluster.setLeader(partition + 2, of: topic)
            }
        }
    }

    @Test(arguments: Fault.allCases)
    func `nothing is lost and each session stays in order`(fault: Fault) async throws {
        let cluster = try MockCluster(brokers: 3)
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.lease = 600_000 }
        let node = try await company.node()
        var ids: [SessionID] = []
        // The mock checks no sequences: where one of several requests in flight fails and the next
        // succeeds, the client takes both for written (ARCHITECTURE.md, section 9). So one at a time.
        let isRefused = fault == .requestErrors || fault == .fatalProducer
        let acknowledgement: Acknowledgement = isRefused ? .mirrored : .local
        for number in 0..<30 {
            if number == 10 { try inject(fault, cluster) }
            let session = try await node.open(
                Company.kind, record: [UInt8(number)], acknowledgement: acknowledgement)
            try await session.append([1])
            ids.append(session.id)
        }
        if fault == .brokerAway {
            #expect(node.sessions.status().alive.open == 30, "local work goes on")
            for broker: Int32 in 1...3 { try cluster.setUp(broker) }
        }
        for id in ids { try await node.sessions.append(id, record: [2]) }
        try await company.mirrored(node)
        let messages = try await company.messages()
        for id in ids {
            let sequences = messages.filter { $0.key == Array("\(id)".utf8) }.compactMap {
                $0.value?.withUnsafeBytes { EventPeek($0) }?.sequence
            }
            var firsts: [UInt64] = []
            for sequence in sequences where !firsts.contains(sequence) { firsts.append(sequence) }
            #expect(firsts == [1, 2, 3], "\(fault): \(sequences)")
        }
        await node.close()
    }

    @Test func `sessions that complete within the window send no message`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) {
            $0.mirror.window = 10_000
            $0.kinds[Company.kind]?.lease = 600_000
        }
        let node = try await company.node()
        for _ in 0..<20 {
            try await node.withSession(Company.kind, record: [1]) { try await $0.append([2]) }
        }
        await node.close()
        #expect(try await company.messages().isEmpty)
    }

    @Test func `a mirrored call returns when Kafka has it`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) {
            $0.mirror.window = 60_000
            $0.kinds[Company.kind]?.lease = 600_000
        }
        let node = try await company.node()
        let session = try await node.open(
            Company.kind, record: [1], acknowledgement: .mirrored)
        let keys = try await company.messages().map(\.key)
        #expect(keys == [Array("\(session.id)".utf8)], "without waiting for the window")
        await node.close()
    }

    @Test func `a mirrored call that is cancelled says that its outcome is unknown`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.lease = 600_000 }
        let node = try await company.node()
        try cluster.setDown(1)
        let id = SessionTrace.id(7)
        let call = Task { () -> ErrorCode? in
            do throws(RepriseError) {
                _ = try await node.open(Company.kind, id: id, acknowledgement: .mirrored)
                return nil
            } catch {
                return error.code
            }
        }
        try await eventually("it is here") { node.sessions.session(id) != nil }
        call.cancel()
        #expect(await call.value == .outcomeUnknown)
        try cluster.setUp(1)
        try await company.mirrored(node)
        #expect(try await company.messages().map(\.key) == [Array("\(id)".utf8)])
        await node.close()
    }

    @Test func `a node starts without a broker, and mirrors when it comes`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.lease = 600_000 }
        try cluster.setDown(1)
        let node = try await company.node()
        for number in 0..<5 { _ = try await node.open(Company.kind, record: [UInt8(number)]) }
        #expect(node.sessions.status().mirrored == 0)
        try cluster.setUp(1)
        try await company.mirrored(node)
        #expect(try await company.messages().count == 5)
        await node.close()
    }

    @Test func `a worker that finds no broker says so in bounded time`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster)
        // Its port stays its own: another test's cluster might get it.
        try cluster.setDown(1)
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: RepriseError.self) {
            _ = try await company.worker { _ in .complete }
        }
        #expect(error?.code == .kafkaUnreachable)
        #expect(clock.now - start < .seconds(60))
    }
}
