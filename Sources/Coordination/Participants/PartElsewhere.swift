internal import Logging
internal import Model
internal import Platform
internal import Transactions

extension SharedCoordination {
    /// Commits what another process has prepared for a part whose coordinator has decided to commit, in the
    /// resources that this process reaches as well. An error does not keep the others: the coordinator
    /// repeats its decision.
    ///
    /// Whoever names a part was told of it by its process, and of no other.
    func commitBranches(of part: RemotePart) async {
        for resource in resources.all {
            do {
                for xid in try await resource.preparedBranches() where part.has(xid) {
                    try await resource.commitPrepared(xid)
                    log.logger.notice(
                        "a branch of a part of another process is committed",
                        metadata: [
                            "reprise.resource": "\(resource.name)", "reprise.xid": "\(xid)",
                        ])
                }
            } catch {
                log.logger.report(
                    .warning, code(of: error),
                    "a branch of a part of another process could not be committed",
                    metadata: [
                        "reprise.resource": "\(resource.name)", "reprise.error": "\(error)",
                        "reprise.transaction.id": "\(part.transaction)",
                    ])
            }
        }
    }
}
