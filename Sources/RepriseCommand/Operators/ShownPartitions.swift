/// A partition as `/v1/partitions` tells it.
struct ShownPartition: Codable, Sendable {
    var partition: Int32
    var stage: String
    var sessions: ShownCounts
    var ready: Int
    var nextOffset: Int64
    var lowWaterOffset: Int64?
    var lowWaterAgeMs: Int64?
    var conservationDifference: Int64
}

struct ShownPartitions: Codable, Sendable {
    var partitions: [ShownPartition]
}

/// Partitions in words.
enum PartitionText {
    static func table(_ partitions: [ShownPartition]) -> String {
        guard !partitions.isEmpty else {
            return
                "No partitions: it is a node, or a worker that was given none. Ask a worker (--url)."
        }
        var table = TextTable(
            [.number("PARTITION"), .text("STAGE")] + ShownCounts.columns + [
                .number("READY"), .number("NEXT"), .number("LOW WATER"), .text("SINCE"),
                .number("DIFFERENCE"),
            ])
        for partition in partitions {
            table.add(
                ["\(partition.partition)", partition.stage] + partition.sessions.cells + [
                    "\(partition.ready)", "\(partition.nextOffset)",
                    partition.lowWaterOffset.map { "\($0)" } ?? "-",
                    partition.lowWaterAgeMs.map(Words.duration) ?? "-",
                    "\(partition.conservationDifference)",
                ])
        }
        return table.text
    }
}
