import Coordination
import InMemoryTracing
import Journal
import Model
import Sessions
import TestSupport
import Testing
import Traces
import Tracing
import Transactions

@Suite(.timeLimit(.minutes(10))) struct TransactionSpansTests {
    private struct Failure: Error {}
    private let recorder = TraceRecorder()
    private let a = Recorder("a")
    private let b = Recorder("b")

    private func only(_ name: SpanName) throws -> FinishedInMemorySpan {
        let spans = recorder.finished(name.rawValue)
        #expect(spans.count == 1)
        return try #require(spans.first)
    }

    @Test func `a commit is a span within its transaction's, and what it causes carries it`()
        async throws
    {
        let rig = try Rig([a, b])
        let (id, action) = try await withTracer(recorder) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                _ = try await transaction.enlist(b)
                return (transaction.id, try transaction.afterCommit(Rig.kind, [1]))
            }
        }
        let whole = try only(.transaction)
        let commit = try only(.commit)
        #expect(commit.parentSpanID == whole.spanContext.spanID)
        let expected = [
            "reprise.transaction": "\(id)", "reprise.branches": "2", "reprise.outcome": "committed",
        ]
        #expect(TraceRecorder.attributes(of: commit) == expected)
        #expect(
            TraceRecorder.attributes(of: whole)
                == expected.merging(["reprise.read_only": "false"]) { $1 })
        let session = try #require(rig.journal.session(action))
        #expect(
            session.headers == [Header("traceparent", TraceRecorder.parent(whole.spanContext))])
        await rig.close()
    }

    @Test func `a rollback is told, and has no commit`() async throws {
        let rig = try Rig([a])
        await #expect(throws: Failure.self) {
            try await withTracer(recorder) {
                try await rig.manager.run { transaction in
                    _ = try await transaction.enlist(a)
                    throw Failure()
                }
            }
        }
        let whole = try only(.transaction)
        #expect(TraceRecorder.attributes(of: whole)["reprise.outcome"] == "rolledBack")
        #expect(whole.status?.code == .error)
        #expect(recorder.finished(SpanName.commit.rawValue).isEmpty)
        await rig.close()
    }

    @Test func `headers of the caller keep the trace, unless they have one`() async throws {
        let rig = try Rig([a])
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        for (headers, wanted) in [
            ([Header("tenant", "7")], nil), ([Header("Traceparent", given)], given),
        ] {
            let action = try await withTracer(recorder) {
                try await rig.manager.run { transaction in
                    try transaction.setHeaders(headers)
                    return try transaction.afterCommit(Rig.kind, [1])
                }
            }
            let whole = try #require(recorder.finished(SpanName.transaction.rawValue).last)
            let session = try #require(rig.journal.session(action))
            #expect(
                session.headers.map(\.value)
                    == [wanted ?? TraceRecorder.parent(whole.spanContext)])
        }
        await rig.close()
    }

    @Test func `without a tracer nothing is added`() async throws {
        let rig = try Rig([a])
        let action = try await rig.manager.run { try $0.afterCommit(Rig.kind, [1]) }
        #expect(rig.journal.session(action)?.headers == [])
        await rig.close()
    }
}
