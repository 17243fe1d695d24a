import Foundation
import Reprise
import Synchronization
import Testing

@Suite struct StandaloneTests {
    let kind = Kind(unchecked: "user.create")

    private func configuration(_ directory: TemporaryDirectory) -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.lease = 30_000
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
