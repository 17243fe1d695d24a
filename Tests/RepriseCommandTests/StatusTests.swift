import Foundation
import Model
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct StatusTests {
    @Test func `status shows a node, and what needs somebody`() async throws {
        try await ServedNode.with { node in
            var ran = await node.run("status")
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output.hasPrefix("node-1  standalone, version "))
            #expect(ran.output.contains("\nready     yes\n"))
            #expect(ran.output.hasSuffix("Nothing needs you."))

            _ = try await node.park(["bad", "worse"])
            ran = await node.run("status")
            #expect(ran.status == 0)
            #expect(ran.output.contains("2 parked"))
            #expect(
                ran.output.contains("2 sessions are set aside: 'reprise dead-letters list'."))
        }
    }

    @Test func `for programs it is the API's answer`() async throws {
        try await ServedNode.with { node in
            let ran = await node.run("status", "--json")
            let status = try JSONDecoder().decode(ShownStatus.self, from: Data(ran.output.utf8))
            #expect(status.node == "node-1")
            #expect(status.isSound)
        }
    }

    @Test func `trouble is named with its cure`() throws {
        var status = try Self.sound()
        #expect(StatusText.troubles(status).isEmpty)
        status.isReady = false
        status.parts[0].ready = false
        status.parts[0].detail = "replaying"
        status.conservationDifference = -1
        status.journal?.isDiskFull = true
        status.mirror = ShownStatus.MirrorState(
            lagMessages: 7, lagMs: 61_000,
            error: ShownRefusal.Part(code: "kafkaUnreachable", message: "No broker."))
        status.transactions = ShownStatus.Transactions(inDoubt: 1, heuristic: 2)
        let troubles = StatusText.troubles(status)
        #expect(troubles.count == 5)
        #expect(troubles[0] == "journal is not ready: replaying")
        #expect(troubles[1].contains("schemas/errors/conservation.md"))
        #expect(troubles[2].contains("diskFull"))
        #expect(troubles[3] == "The mirror fails (kafkaUnreachable): No broker.")
        #expect(troubles[4].contains("1 transactions are in doubt, 2 ended"))
        #expect(!status.isSound)
        let text = StatusText.text(status, [])
        #expect(text.contains("mirror    7 frames behind, for 1 min 1 s"))
    }

    @Test func `what holds a kind up is named`() throws {
        let status = try Self.sound()
        let counts = ShownCounts(open: 0, waiting: 3, running: 0, parked: 0)
        var kind = ShownKind(
            kind: "order", policy: ShownKind.Policy(concurrency: 8, ratePerSecond: 0),
            sessions: counts, ready: 3, runs: 0, hasHandler: false, paused: true,
            pause: ShownKind.Pause(sinceMs: 0, by: "ann", reason: "Moving.\u{1B}[2J"))
        let text = StatusText.text(status, [kind])
        #expect(text.contains("order is paused by ann"))
        #expect(text.contains("'reprise kinds resume order' ends it."))
        #expect(text.contains("set kinds.order.handler.url."))
        #expect(!text.contains("\u{1B}"))
        kind.hasHandler = true
        kind.pause = nil
        kind.breaker = ShownKind.Breaker(state: "open", failures: nil, untilMs: 5_000)
        #expect(StatusText.text(status, [kind]).contains("The breaker of order is open"))
    }

    private static func sound() throws -> ShownStatus {
        let counts = ShownCounts(open: 0, waiting: 0, running: 0, parked: 0)
        let totals = ShownTotals(
            opened: 0, completed: 0, cancelled: 0, deadLettered: 0, handedOver: 0)
        return ShownStatus(
            role: "node", node: "n", version: "1", startedMs: 0, nowMs: 10_000, isReady: true,
            parts: [ShownStatus.Part(name: "journal", ready: true, detail: "")],
            sessions: counts, totals: totals, conservationDifference: 0, ready: 0, dueLagMs: 0,
            journal: ShownStatus.Journal(bytes: 0, maxBytes: 1, isDiskFull: false), mirror: nil,
            transactions: ShownStatus.Transactions(inDoubt: 0, heuristic: 0))
    }
}
