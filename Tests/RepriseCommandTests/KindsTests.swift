import Foundation
import Model
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct KindsTests {
    @Test func `a kind is paused and resumed`() async throws {
        try await ServedNode.with { node in
            var ran = await node.run("kinds", "pause", "user.create", "--reason", "Moving house.")
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output == "The kind user.create is paused.")
            ran = await node.run("kinds")
            #expect(ran.output.contains("Moving house."))
            ran = await node.run("kinds", "list", "--json")
            let kinds = try JSONDecoder().decode(ShownKinds.self, from: Data(ran.output.utf8))
            #expect(kinds.kinds.map(\.kind) == ["order", "user.create"])
            #expect(kinds.kinds.map(\.paused) == [false, true])
            #expect(kinds.kinds.map(\.hasHandler) == [false, true])

            ran = await node.run("kinds", "resume", "user.create")
            #expect(ran.output == "The kind user.create is resumed.")
            ran = await node.run("kinds")
            #expect(!ran.output.contains("Moving house."))
        }
    }

    @Test func `a node has no partitions, and says where they are`() async throws {
        try await ServedNode.with { node in
            let ran = await node.run("partitions")
            #expect(ran.status == 0)
            #expect(ran.output.contains("Ask a worker"))
            #expect(await node.run("partitions", "--json").output == #"{"partitions":[]}"#)
        }
    }

    @Test func `partitions are a table`() {
        let counts = ShownCounts(open: 1, waiting: 2, running: 3, parked: 4)
        let text = PartitionText.table([
            ShownPartition(
                partition: 7, stage: "owning", sessions: counts, ready: 5, nextOffset: 60,
                lowWaterOffset: 12, lowWaterAgeMs: 90_000, conservationDifference: 0),
            ShownPartition(
                partition: 11, stage: "folding", sessions: counts, ready: 0, nextOffset: 0,
                lowWaterOffset: nil, lowWaterAgeMs: nil, conservationDifference: 0),
        ])
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("1 min 30 s"))
        #expect(lines[1].hasPrefix("        7  owning"))
        #expect(lines[2].hasPrefix("       11  folding"))
    }
}
