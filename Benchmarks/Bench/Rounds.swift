import Platform

/// Something that is measured beside others in the same rounds.
struct Subject {
    var name: String
    /// One round's value.
    var measure: () async throws -> Double
}

/// Runs every subject once in each round, in turn, so that what else the machine does hits them
/// alike. A first round warms up and is not counted. Gives each subject's values, in its order.
func interleaved(rounds: Int, _ subjects: [Subject]) async throws -> [[Double]] {
    var values = [[Double]](repeating: [], count: subjects.count)
    for round in 0...rounds {
        for (index, subject) in subjects.enumerated() {
            let value = try await subject.measure()
            if round > 0 { values[index].append(value) }
        }
    }
    return values
}

/// Seconds since some moment.
func monotonicSeconds() -> Double {
    Double(SystemTime().monotonicNanoseconds()) / 1e9
}

struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String
}

extension [Double] {
    var median: Double { quantile(0.5) }

    /// The value below which `part` of them lie.
    func quantile(_ part: Double) -> Double {
        guard !isEmpty else { return .nan }
        let ordered = sorted()
        return ordered[Swift.min(count - 1, Int(part * Double(count)))]
    }
}
