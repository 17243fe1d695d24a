/// Waits until `holds` does: for state that tells nobody of its changes. Where something can tell,
/// use a `Probe`.
///
/// - Throws: `WaitExpired` when it does not within `seconds`.
package func eventually(
    _ what: String, seconds: Double = 30, every interval: Duration = .milliseconds(5),
    _ holds: @Sendable () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try await !holds() {
        guard clock.now < deadline else { throw WaitExpired(what: what, state: "unchanged") }
        try await clock.sleep(for: interval)
    }
}
