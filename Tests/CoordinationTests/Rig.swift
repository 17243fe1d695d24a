import Coordination
import Journal
import Logging
import Model
import Platform
import Sessions
import TestSupport
import Transactions
import WAL

/// A manager over a journal of its own, in a directory that goes with it.
struct Rig {
    static let kind = Kind(unchecked: "after.commit")
    let directory: TestDirectory
    let journal: Journal
    let registry = ResourceRegistry()
    let manager: TransactionManager
    let recovery: TransactionRecovery

    init(
        directory: TestDirectory? = nil, resources: [any TransactionResource],
        _ change: (inout TransactionOptions) -> Void = { _ in }
    ) throws {
        self.directory = try directory ?? TestDirectory("coordination")
        var options = Journal.Options(
            node: "node", directory: self.directory.path, policies: [Rig.kind: KindPolicy()])
        options.log.segmentBytes = 4 << 20
        journal = try Journal.open(options, logger: Logger(label: "test")) { _ in }
        for resource in resources { try registry.register(resource) }
        var transactions = TransactionOptions()
        transactions.retry.firstDelay = 1
        change(&transactions)
        manager = TransactionManager(
            log: CoordinationLog(journal: journal, logger: Logger(label: "test")),
            resources: registry, options: transactions)
        recovery = TransactionRecovery(manager)
    }

    func close() async {
        await recovery.stop()
        journal.close()
    }
}
