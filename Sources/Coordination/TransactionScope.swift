/// What a task knows of transactions: the current one, and how deep it is in after-commit work.
/// Child tasks inherit it; detached tasks do not.
struct TransactionScope: Sendable {
    var transaction: Transaction?
    var isReadOnly = false
    /// Levels of after-commit work around this task.
    var depth = 0

    @TaskLocal static var current = TransactionScope()
}
