/// Tests say how long they wait on a quiet machine. Where others compile beside them they need longer, and
/// only one that fails takes it.
enum Patience {
    static let factor = 4
}

/// Waits until `holds` does: for state that tells nobody of its changes. Where something can tell,
/// use a `Probe`.
///
/// - Throws: `WaitExpired` when it does not within `seconds`, as `Patience` counts them.
package func eventually(
    _ what: String, seconds: Double = 30, every interval: Duration = .milliseconds(5),
    _ holds: @Sendable () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds * Double(Patience.factor))
    while try await !holds() {
        guard clock.now < deadline else { throw WaitExpired(what: what, state: "unchanged") }
        try await clock.sleep(for: interval)
    }
}
