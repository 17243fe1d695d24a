internal import Coordination
public import Model

extension RepriseConfiguration {
    /// Checks the values, each by itself and together. `Reprise.open` and `RecoveryWorker.start` do it
    /// themselves.
    ///
    /// - Throws: `configuration`, which names everything that does not fit.
    public func validate() throws(RepriseError) {
        var faults: [String] = []
        func require(_ holds: Bool, _ rule: String) {
            if !holds { faults.append(rule) }
        }
        func note(_ place: String, _ check: () throws(RepriseError) -> Void) {
            do throws(RepriseError) { try check() } catch {
                faults.append("\(place): \(error.message)")
            }
        }
        require(
            !node.isEmpty && node.utf8.count <= Limits.maxNodeBytes && !node.contains("/"),
            "node is 1 to \(Limits.maxNodeBytes) bytes without '/'")
        require(!journal.directory.isEmpty, "journal.directory is a path")
        require(
            (4 << 20...1 << 30).contains(journal.segmentBytes),
            "journal.segmentBytes is 4 MiB to 1 GiB")
        require(
            journal.maxBytes >= 4 * journal.segmentBytes,
            "journal.maxBytes is at least four segments")
        require((0...60_000).contains(mirror.window), "mirror.window is 0 to 60 s")
        require((0...3_600_000).contains(recovery.clockAllowance), "clockAllowance is 0 to 1 h")
        require((0...300_000).contains(recovery.drainTimeout), "drainTimeout is 0 to 5 min")
        require((100...3_600_000).contains(recovery.markInterval), "markInterval is 100 ms to 1 h")
        require(
            (1_000...300_000).contains(recovery.sessionTimeout), "sessionTimeout is 1 s to 5 min")
        require((1...10_000).contains(topics.partitions), "topics.partitions is 1 to 10,000")
        require(!topics.prefix.isEmpty, "topics.prefix is not empty")
        note("kinds") { () throws(RepriseError) in try RecoveryBook.check(kinds.keys) }
        for (kind, policy) in kinds {
            note("kind \(kind)") { () throws(RepriseError) in try policy.validate() }
        }
        note("fallback policy") { () throws(RepriseError) in try fallbackPolicy.validate() }
        note("transactions") { () throws(RepriseError) in try transactions.validate() }
        note("limits") { () throws(RepriseError) in try limits.validate() }
        guard faults.isEmpty else {
            throw RepriseError(.configuration, "Not allowed: " + faults.joined(separator: "; "))
        }
    }
}
