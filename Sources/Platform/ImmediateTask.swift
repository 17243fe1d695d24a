/// Runs `body` in a task of its own, so that the caller's cancellation does not reach it, and returns
/// when it is done. It begins on the caller's thread: where it never has to wait, nothing is switched
/// and nobody is woken, which is most of what a task costs.
package func shieldedFromCancellation<Result: Sendable>(
    _ body: @escaping @Sendable () async -> Result
) async -> Result {
    if #available(macOS 26, *) {
        await Task.immediate { await body() }.value
    } else {
        await Task { await body() }.value
    }
}

extension TaskGroup {
    /// As `addTask`, begun on the caller's thread up to where it has to wait for the first time.
    package mutating func addAtOnce(_ body: @escaping @Sendable () async -> ChildTaskResult) {
        if #available(macOS 26, *) {
            addImmediateTask { await body() }
        } else {
            addTask { await body() }
        }
    }
}
