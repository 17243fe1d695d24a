import Foundation
import Reprise
import Synchronization
import Testing

@Suite struct StandaloneTests {
    let kind = Kind(unchecked: "user.create")

    private func configuration(_ directory: TemporaryDirectory) -> RepriseConfiguration {
        var policy = KindPolicy()
        // Nothing here waits for it, however slow the machine is.
        policy.lease = 600_000
        policy.retry.firstDelay = 0
        policy.retry.jitter = 0
        var journal = JournalConfiguration(directory: directory.path)
        journal.segmentBytes = 1 << 22
        return RepriseConfiguration(node: "test", journal: journal, kinds: [kind: policy])
    }

    @Test func aSessionThatCompletesIsNeverHandedOut() async throws {
        let directory = try TemporaryDirectory()
        let reprise = try await Reprise.open(configuration(directory))
        let id = try await reprise.withSession(kind, record: Array("user".utf8)) { session in
            try await session.append(Array("id".utf8))
            return session.id
        }
        #expect(reprise.sessions.session(id) == nil)
        let status = reprise.sessions.status()
        #expect(status.totals.opened == 1)
        #expect(status.totals.completed == 1)
        #expect(status.conservationDifference == 0)
        await reprise.close()
    }

    @Test func aKindOfReprisesOwnIsNobodyElses() async throws {
        let directory = try TemporaryDirectory()
        let handler = ClosureHandler { _ in .complete }
        var configured = configuration(directory)
        configured.kinds[.transactionFinish] = KindPolicy()
        for (configuration, handlers) in [
            (configured, [:]), (configuration(directory), [Kind.transactionFinish: handler]),
        ] {
            await #expect {
                _ = try await Reprise.open(configuration, handlers: handlers)
            } throws: { error in
                (error as? RepriseError)?.code == .configuration
            }
        }
        let reprise = try await Reprise.open(configuration(directory))
        await #expect {
            _ = try await reprise.open(.transactionFinish)
        } throws: { error in
            (error as? RepriseError)?.code == .unknownKind
        }
        #expect(throws: RepriseError.self) {
            try reprise.reconfigure(kinds: [:], handlers: [.transactionFinish: handler])
        }
        await reprise.close()
    }

    @Test func `a run may write until it ends, while the node closes`() async throws {
        let directory = try TemporaryDirectory()
        let (begun, begins) = AsyncStream<Void>.makeStream()
        let (closing, closes) = AsyncStream<Void>.makeStream()
        let handler = ClosureHandler { session in
            begins.finish()
            for await _ in closing {}
            // The node has been told to close for a while.
            try await Task.sleep(for: .milliseconds(200))
            try await session.append(Array("late".utf8))
            return .complete
        }
        let reprise = try await Reprise.open(configuration(directory), handlers: [kind: handler])
        let session = try await reprise.open(kind, record: Array("user".utf8))
        try await session.close(retryAfter: .zero)
        for await _ in begun {}
        let end = Task { await reprise.close() }
        closes.finish()
        await end.value
        let again = try await Reprise.open(configuration(directory))
        #expect(again.sessions.session(session.id) == nil, "its run has completed it")
        await again.close()
    }

    @Test func `whoever orders the farthest time gets the farthest that there is`() async throws {
        let directory = try TemporaryDirectory()
        let reprise = try await Reprise.open(configuration(directory))
        let session = try await reprise.open(kind, record: Array("user".utf8))
        try await session.close(retryAfter: .seconds(3_600))
        try await reprise.sessions.requeue(session.id, after: .max)
        guard case .waiting(let due) = reprise.sessions.session(session.id)?.phase else {
            Issue.record("it does not wait")
            return
        }
        #expect(due == Limits().maxDue)
        await reprise.close()
    }

    @Test func `who recovers the sessions changes only when there are none`() async throws {
        let directory = try TemporaryDirectory()
        let alone = configuration(directory)
        var grouped = alone
        // Nobody is there; a node starts all the same.
        grouped.kafka = KafkaConfiguration(brokers: ["127.0.0.1:1"])
        let first = try await Reprise.open(alone)
        let session = try await first.open(kind, record: Array("user".utf8))
        try await session.close(retryAfter: .seconds(3_600))
        await first.close()
        await #expect {
            _ = try await Reprise.open(grouped)
        } throws: { error in
            (error as? RepriseError)?.code == .configuration
        }
        let second = try await Reprise.open(alone)
        try await second.sessions.cancel(session.id)
        await second.close()
        let third = try await Reprise.open(grouped)
        let sent = third.sessions.status().mirrored
        #expect(sent > 0, "what the node has dealt with is not for Kafka")
        let unsent = try await third.open(kind, record: Array("user".utf8))
        try await unsent.complete()
        await third.close()
        await #expect {
            _ = try await Reprise.open(alone)
        } throws: { error in
            (error as? RepriseError)?.code == .configuration
        }
    }

    @Test func `a message that Kafka does not have keeps the mode`() async throws {
        let directory = try TemporaryDirectory()
        let alone = configuration(directory)
        var grouped = alone
        grouped.kafka = KafkaConfiguration(brokers: ["127.0.0.1:1"])
        let first = try await Reprise.open(grouped)
        try await first.transactions.run { transaction in
            try transaction.send(OutboxMessage(topic: "mail", key: nil, value: [1]))
        }
        await first.close()
        await #expect {
            _ = try await Reprise.open(alone)
        } throws: { error in
            (error as? RepriseError)?.code == .configuration
        }
    }

    private func paused(_ reprise: Reprise) -> Pause? {
        reprise.sessions.recovery().kinds.first { $0.kind == kind }?.pause
    }

    @Test func `what is paused is paused after a restart`() async throws {
        let directory = try TemporaryDirectory()
        let first = try await Reprise.open(configuration(directory))
        try await first.sessions.pause(
            kind, Pause(since: Timestamp(milliseconds: 5), by: "ann", reason: "no"))
        await first.close()
        let second = try await Reprise.open(configuration(directory))
        #expect(paused(second)?.by == "ann")
        try await second.sessions.pause(kind, nil)
        await second.close()
        let third = try await Reprise.open(configuration(directory))
        #expect(paused(third) == nil)
        await third.close()
    }

    @Test func aSessionWhoseBodyThrowsIsRecovered() async throws {
        struct Failure: Error {}
        let directory = try TemporaryDirectory()
        let (stream, continuation) = AsyncStream<RecoverySession>.makeStream()
        let handler = ClosureHandler { session in
            continuation.yield(session)
            return .complete
        }
        let reprise = try await Reprise.open(configuration(directory), handlers: [kind: handler])
        await #expect(throws: Failure.self) {
            try await reprise.withSession(kind, record: Array("user".utf8)) { session in
                try await session.append(Array("id".utf8))
                throw Failure()
            }
        }
        var iterator = stream.makeAsyncIterator()
        let session = await iterator.next()
        #expect(session?.records == [Array("user".utf8), Array("id".utf8)])
        #expect(session?.attempt == 1)
        await reprise.close()
    }

    @Test func whatANodeLeftOpenIsRecoveredAfterItsRestart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await Reprise.open(configuration(directory))
        let opened = try await first.open(kind, record: Array("user".utf8))
        await first.close()

        let (stream, continuation) = AsyncStream<SessionID>.makeStream()
        let handler = ClosureHandler { session in
            continuation.yield(session.id)
            return .complete
        }
        let second = try await Reprise.open(configuration(directory), handlers: [kind: handler])
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() == opened.id)
        await second.close()
    }

    @Test func anUnknownKindIsRefused() async throws {
        let directory = try TemporaryDirectory()
        let reprise = try await Reprise.open(configuration(directory))
        await #expect {
            _ = try await reprise.open(Kind(unchecked: "nobody.knows"))
        } throws: { ($0 as? RepriseError)?.code == .unknownKind }
        await reprise.close()
    }
}

/// A directory of this test's own, gone with it.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "reprise-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
