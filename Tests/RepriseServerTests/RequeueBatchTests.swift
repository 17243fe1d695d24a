import Model
import Reprise
import Sessions
import TestSupport
import Testing

@testable import RepriseServer

@Suite struct RequeueBatchTests {
    private func letters(_ count: Int) -> [Session] {
        var trace = SessionTrace()
        for number in 0..<count { trace.open(number) }
        return (0..<count).compactMap { trace[$0] }
    }

    private func batch(_ change: (inout RequeueOrder) -> Void) -> RequeueBatch {
        var order = RequeueOrder()
        change(&order)
        return RequeueBatch(id: "b", order: order, by: "ann", started: .zero)
    }

    @Test func itGoesNoFasterThanItWasTold() {
        var batch = batch { $0.perSecond = 2 }
        batch.found(letters(5))
        var sizes: [Int] = []
        while batch.state == .running {
            let part = batch.next { 0 }
            sizes.append(part.count)
            batch.ended(part.map { _ in nil })
        }
        #expect(sizes == [2, 2, 1])
        #expect(batch.state == .done && batch.requeued == 5)
    }

    @Test func dueTimesAreSpread() {
        var batch = batch { $0.spread = 1_000 }
        batch.found(letters(3))
        var draws: [UInt64] = [0, .max / 2, .max]
        let after = batch.next { draws.removeFirst() }.map(\.after)
        #expect(after == [0, 500, 1_000])
    }

    @Test func whatFailsIsToldAndWhatIsGoneIsNoFailure() {
        var batch = batch { _ in }
        batch.found(letters(3))
        _ = batch.next { 0 }
        batch.ended([
            nil, RepriseError(.notFound, "gone"), RepriseError(.kafkaTimeout, "no answer"),
        ])
        #expect(batch.requeued == 1 && batch.missing == 1 && batch.failed == 1)
        #expect(batch.error?.code == .kafkaTimeout && batch.state == .done)
    }

    @Test func afterACancelNothingMoreGoes() {
        var batch = batch { $0.perSecond = 1 }
        batch.found(letters(3))
        _ = batch.next { 0 }
        batch.cancel()
        batch.ended([nil])
        #expect(batch.next { 0 }.isEmpty)
        #expect(batch.state == .cancelled && batch.requeued == 1 && batch.total == 3)
    }

    @Test func withoutLettersItIsDoneAndWithoutTheirTopicItHasFailed() {
        var empty = batch { _ in }
        empty.found([])
        #expect(empty.state == .done && empty.total == 0)
        var blind = batch { _ in }
        blind.notFound(RepriseError(.kafkaUnreachable, "away"))
        #expect(blind.state == .failed && blind.error?.code == .kafkaUnreachable)
    }

    /// A pause that never ends keeps a batch running.
    @Test func onlyAFewRunAtATime() async throws {
        let store = MemoryStore(kinds: ["order"])
        for _ in 0..<2 {
            let id = try await store.open(OpenRequest(kind: Kind(unchecked: "order"))).session.id
            _ = try await store.close(id, after: 0)
            try await store.park(id, reason: "")
        }
        let (stream, end) = AsyncStream<Void>.makeStream()
        let batches = RequeueBatches(store) { for await _ in stream {} }
        var order = RequeueOrder()
        order.perSecond = 1
        var ids: [String] = []
        for _ in 0..<RequeueBatches.maxRunning {
            ids.append(try batches.start(order, by: "ann", now: .zero).id)
        }
        #expect(throws: RepriseError.self) { try batches.start(order, by: "ann", now: .zero) }
        #expect(try batches.cancel(ids[0]).state != .running)
        _ = try batches.start(order, by: "ann", now: .zero)
        end.finish()
    }
}
