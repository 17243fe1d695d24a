internal import Model

/// What a task knows of transactions: the current one, and how deep it is in after-commit work.
/// Child tasks inherit it; detached tasks do not.
struct TransactionScope: Sendable {
    var transaction: Transaction?
    var isReadOnly = false
    /// Levels of after-commit work around this task.
    var depth = 0
    /// Trace and causation of a transaction around this task that is not the current one.
    var inherited: [Header] = []

    /// What a transaction that begins here goes back to.
    var context: [Header] { transaction?.context ?? inherited }

    @TaskLocal static var current = TransactionScope()
}
