package import Model
internal import Synchronization
package import Transactions

/// The resources of this process by name: recovery finds them here.
package final class ResourceRegistry: Sendable {
    private let resources = Mutex<[String: any TransactionResource]>([:])

    package init() {}

    /// - Throws: `resourceUnsuitable` where the name cannot be used; `invalidRequest` where another
    ///   resource has it.
    package func register(_ resource: any TransactionResource) throws(RepriseError) {
        let name = resource.name
        guard (1...Xid.maxPartBytes).contains(name.utf8.count) else {
            throw RepriseError(
                .resourceUnsuitable,
                "The name of a resource has 1 to 64 bytes; this one has "
                    + "\(name.utf8.count).")
        }
        guard name != Superior.resource else {
            throw RepriseError(
                .resourceUnsuitable,
                "The name \(name) stands for the coordinator of another process. Take another.")
        }
        let isNew = resources.withLock { resources in
            guard resources[name] == nil else { return false }
            resources[name] = resource
            return true
        }
        guard isNew else {
            throw RepriseError(
                .invalidRequest, "A resource with the name \(name) is registered already.")
        }
    }

    package subscript(name: String) -> (any TransactionResource)? {
        resources.withLock { $0[name] }
    }

    package var all: [any TransactionResource] {
        resources.withLock { resources in
            resources.values.sorted { $0.name < $1.name }
        }
    }
}
