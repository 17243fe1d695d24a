import Foundation
import Kafka
import Model
import Reprise
import TestSupport
import Testing

/// Workers of a group that fail, leave or are killed.
@Suite(.timeLimit(.minutes(10))) struct WorkerFaultTests {
    typealias Runs = Probe<[SeenRun]>

    @Test func `a fatal producer is made anew, and the worker goes on`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster)
        let runs = Runs([])
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            return .complete
        }
        let first = try await node.open(Company.kind)
        try await runs.wait("the first run") { $0.contains { $0.id == first.id } }
        try await company.mirrored(node)
        try cluster.push([.topicAuthorizationFailed], to: .produce)
        let second = try await node.open(Company.kind)
        try await runs.wait("the second run") { $0.contains { $0.id == second.id } }
        try await eventually("it is finished") {
            worker.operations.session(second.id) == nil
        }
        await worker.close()
        await node.close()
    }

    @Test func `a run whose write was lost with the producer is told, and does not wait for ever`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        // No marks: the failure is for the run's write.
        let company = try Company(cluster) { $0.recovery.markInterval = 3_600_000 }
        let errors = Probe<[ErrorCode]>([])
        let runs = Runs([])
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            guard session.attempt == 1 else { return .complete }
            // Again, where the failure met another producer's request.
            for _ in 0..<50 {
                try cluster.push([.topicAuthorizationFailed], to: .produce)
                do throws(RepriseError) {
                    try await session.extend(by: .seconds(60))
                } catch {
                    errors.update { $0.append(error.code) }
                    throw error
                }
            }
            return .complete
        }
        _ = try await node.open(Company.kind, record: [1])
        try await errors.wait("the answer to the write", seconds: 100) { !$0.isEmpty }
        #expect(errors.read { $0 } == [.outcomeUnknown])
        try await runs.wait("the next attempt") { $0.map(\.attempt) == [1, 2] }
        await worker.close()
        await node.close()
    }

    @Test func `a run's write is answered when its partition is claimed again meanwhile`()
        async throws
    {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster, partitions: 1) {
            $0.kinds[Company.kind]?.handlerTimeout = 600_000
        }
        let answers = Probe<[ErrorCode?]>([])
        let runs = Runs([])
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            // One write or another is under way at any moment, until one of them was lost.
            while answers.read({ $0.last != .some(.outcomeUnknown) }) {
                do throws(RepriseError) {
                    try await session.extend(by: .seconds(600))
                    answers.update { $0.append(nil) }
                } catch {
                    answers.update { $0.append(error.code) }
                }
            }
            return .complete
        }
        let id = try await company.abandon(record: [1], on: node)[0]
        try await answers.wait("a write", seconds: 60) { !$0.isEmpty }
        // A write takes so long that it spans the claim.
        try cluster.setRoundTrip(1, .milliseconds(400))
        for number in UInt64(1)...20 where answers.read({ !$0.contains(.outcomeUnknown) }) {
            let stranger = Writer(node: "stranger", incarnation: number)
            try await company.send(
                [.owner(stranger)], of: Event.noSession, in: 0, from: stranger)
            // The log's last owner was the stranger; it is the worker again.
            try await eventually(
                "the worker claims the partition again", seconds: 60, every: .milliseconds(250)
            ) {
                try await company.fold().allSatisfy { $0.owner.node == "worker" }
            }
        }
        #expect(answers.read { $0.contains(.outcomeUnknown) })
        try cluster.setRoundTrip(1, .zero)
        try await eventually("it is finished", seconds: 60) {
            worker.operations.session(id) == nil
        }
        try await company.settled(completed: 1)
        #expect(runs.read { $0.count } == 1)
        #expect(answers.read { Set($0) } == [nil, .outcomeUnknown])
        await worker.close()
        await node.close()
    }

    @Test(arguments: [RecoverySettings.Assignor.range, .cooperativeSticky])
    func `a worker that stops finishes its run, and another takes over`(
        assignor: RecoverySettings.Assignor
    ) async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) { $0.recovery.assignor = assignor }
        let runs = Runs([])
        let letGo = Probe(false)
        let node = try await company.node()
        let first = try await company.worker("a") { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            try await letGo.wait("to be let go") { $0 }
            return .complete
        }
        let held = try await node.open(Company.kind, record: [1])
        try await runs.wait("the first run") { !$0.isEmpty }
        let stop = Task { await first.close() }
        letGo.update { $0 = true }
        await stop.value
        let second = try await company.worker("b") { session in
            runs.update { $0.append(SeenRun(session, on: "b")) }
            return .complete
        }
        let next = try await node.open(Company.kind, record: [2])
        try await runs.wait("the second worker's run") { $0.contains { $0.id == next.id } }
        let seen = runs.read { $0 }
        #expect(seen.filter { $0.id == held.id }.count == 1, "its result was written: \(seen)")
        #expect(seen.last?.worker == "b")
        await second.close()
        await node.close()
    }

    @Test func `a zombie that goes on after its deadline is fenced by its token`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let company = try Company(cluster) { $0.kinds[Company.kind]?.handlerTimeout = 500 }
        let runs = Runs([])
        let errors = Probe<[ErrorCode]>([])
        let node = try await company.node()
        let worker = try await company.worker { session in
            runs.update { $0.append(SeenRun(session, on: "a")) }
            guard session.attempt == 1 else {
                try await errors.wait("the zombie's answer") { !$0.isEmpty }
                return .complete
            }
            // Deaf to its cancellation, it writes once the second run has begun.
            _ = await Task {
                try? await runs.wait("the second run") { $0.count == 2 }
                do throws(RepriseError) {
                    try await session.append([9])
                    errors.update { $0.append(.internalDefect) }
                } catch {
                    errors.update { $0.append(error.code) }
                }
            }.value
            return .complete
        }
        _ = try await node.open(Company.kind, record: [1])
        try await errors.wait("the zombie's answer") { !$0.isEmpty }
        let code = errors.read { $0[0] }
        #expect(code == .fenced || code == .notFound, "\(code)")
        let seen = runs.read { $0 }
        #expect(seen.map(\.attempt).prefix(2) == [1, 2])
        #expect(seen[1].token > seen[0].token)
        #expect(seen[1].records == [[1]])
        await worker.close()
        await node.close()
    }

    @Test func `a worker killed with SIGKILL in a run: another claims attempt 2`() async throws {
        let cluster = try MockCluster()
        defer { cluster.close() }
        let change: @Sendable (inout RepriseConfiguration) -> Void = {
            $0.kinds[Company.kind]?.handlerTimeout = 1_000
        }
        let company = try Company(cluster, change: change)
        let node = try await company.node()
        let session = try await node.open(Company.kind, record: [1])
        let brokers = company.kafka.brokers.joined(separator: ",")
        await #expect(processExitsWith: .signal(SIGKILL)) { [brokers = brokers as String] in
            let company = try Company(
                brokers: brokers.split(separator: ",").map(String.init)
            ) { $0.kinds[Company.kind]?.handlerTimeout = 1_000 }
            let worker = try await company.patientWorker("victim") { _ in
                kill(getpid(), SIGKILL)
                return .complete
            }
            try await Probe(false).wait("the end", seconds: 60) { $0 }
            await worker.close()
        }
        let runs = Runs([])
        let worker = try await company.worker("heir") { session in
            runs.update { $0.append(SeenRun(session, on: "heir")) }
            return .complete
        }
        try await runs.wait("the heir's run", seconds: 60) { !$0.isEmpty }
        let seen = runs.read { $0 }
        #expect(seen.map(\.id) == [session.id])
        #expect(seen.map(\.attempt) == [2], "the attempt was counted before the run")
        await worker.close()
        await node.close()
    }
}
