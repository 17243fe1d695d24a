import Foundation
import Testing

/// The hot path's heap allocations, counted in a process of their own: here other tests allocate.
@Suite struct AllocationTests {
    /// What a durable write may allocate beyond the wake-up of the task that waits for it: nothing in
    /// an optimised build, but for the lists of records that a session holds. An unoptimised build
    /// has more, always the same number: one more in the code is one more here.
    #if DEBUG
        private static let budgets = [
            Budget("log", 5), Budget("replace", 12), Budget("extend", 5),
            Budget("session", 35, wakeUps: 3),
        ]
    #else
        private static let budgets = [
            Budget("log", 0), Budget("replace", 1), Budget("extend", 0),
            Budget("session", 3, wakeUps: 3),
        ]
    #endif

    private struct Budget: Sendable {
        var name: String
        var most: Double
        /// Of one call of the case.
        var wakeUps: Double

        init(_ name: String, _ most: Double, wakeUps: Double = 1) {
            self.name = name
            self.most = most
            self.wakeUps = wakeUps
        }
    }

    @Test func aDurableWriteAllocatesNoMoreThanItsBudget() throws {
        let lines = try runProbe()
        guard lines.first != "uncounted" else { return }
        var counted: [String: Double] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            if words.count == 2 { counted[String(words[0])] = Double(words[1]) }
        }
        let wakeUp = try #require(counted["wake-up"])
        for budget in Self.budgets {
            let mean = try #require(counted[budget.name])
            let own = mean - wakeUp * budget.wakeUps
            #expect(own < budget.most + 0.6, "\(budget.name): \(own) allocations a call")
            // Good news, but a budget with room to spare guards nothing.
            #expect(own > budget.most - 0.6, "\(budget.name): only \(own): lower its budget")
        }
    }

    /// Runs the program that stands beside the tests' own.
    private func runProbe() throws -> [String] {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let process = Process()
        let pipe = Pipe()
        process.executableURL = tests.deletingLastPathComponent()
            .appendingPathComponent("allocation-probe")
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.split(separator: "\n").map(String.init)
    }
}
