import Foundation

/// `db_bench fillseq` with a forced write for each of its write groups.
struct RocksDBFloor {
    let directory: String
    let writers: Int

    /// Nil where `db_bench` is not installed.
    init?(directory: String, writers: Int) {
        guard find("db_bench") != nil else { return nil }
        self.directory = directory
        self.writers = writers
    }

    /// Operations a second, as the program reports them.
    func run(seconds: Double) throws -> Double {
        try? FileManager.default.removeItem(atPath: directory)
        // So many that a round takes about as long as the others'.
        let each = max(20, Int(seconds * 40_000) / (writers + 5))
        let text = try output(
            of: "db_bench",
            [
                "--benchmarks=fillseq", "--sync=1", "--threads=\(writers)", "--num=\(each)",
                "--key_size=16", "--value_size=\(DurableAppend.payloadBytes - 16)",
                "--compression_type=none", "--db=\(directory)",
            ])
        for line in (text ?? "").split(separator: "\n") where line.hasPrefix("fillseq") {
            let words = line.split(separator: " ")
            if let place = words.firstIndex(of: "ops/sec"), let rate = Double(words[place - 1]) {
                return rate
            }
        }
        throw BenchmarkFailure(description: "db_bench printed no rate")
    }
}
