internal import Journal
internal import Model
internal import Platform
internal import WAL

/// Who recovers the sessions of a journal. What the one does, the other does not know: results of runs in
/// the node do not go to Kafka, and those of the group do not come to the journal. So the mode is
/// remembered beside the journal, and changes only where nothing is left to recover.
enum RecoveryMode: String {
    case kafka
    case node

    private static let name = Format.modeName

    /// Remembers the mode that the journal is opened in.
    ///
    /// - Throws: `configuration` where it was another one, and something is unfinished.
    static func take(of journal: Journal) async throws(RepriseError) {
        let mode: RecoveryMode = journal.options.isMirrored ? .kafka : .node
        let directory = journal.options.directory
        let last = try await onThread("mode") { () throws(RepriseError) in
            try RecoveryMode.read(directory)
        }
        guard last != mode else { return }
        if let last {
            try check(journal, last: last)
            // Kafka is told of nothing that the node has dealt with.
            if mode == .kafka { try await passOver(journal) }
        }
        try await onThread("mode") { () throws(RepriseError) in
            try RealFileSystem().replace(
                "\(directory)/\(RecoveryMode.name)", in: directory,
                with: Array("\(mode.rawValue)\n".utf8))
        }
    }

    /// Nil for a journal that is new.
    private static func read(_ directory: String) throws(RepriseError) -> RecoveryMode? {
        guard let bytes = try RealFileSystem().content(of: name, in: directory, limit: 64) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let mode = RecoveryMode(rawValue: text) else {
            throw RepriseError(
                .configuration,
                "\(directory)/\(name) cannot be read: it should say kafka or node, who recovered the "
                    + "sessions of this journal until now.")
        }
        return mode
    }

    private static func check(
        _ journal: Journal, last: RecoveryMode
    ) throws(RepriseError) {
        let (sessions, transactions, isSent) = journal.withCore { core in
            (
                core.table.alive.total, core.transactions.live.count,
                core.acknowledged.sequence >= core.lastWrite
            )
        }
        let isDone = sessions == 0 && transactions == 0 && (last == .node || isSent)
        guard !isDone else { return }
        let reason =
            switch last {
            case .node:
                "This node has recovered the sessions of its journal itself until now, and "
                    + "\(sessions) sessions and \(transactions) transactions are unfinished. Start it "
                    + "without kafka.brokers until 'reprise status' shows none"
            case .kafka:
                "The sessions of this journal are recovered by a group in Kafka, and \(sessions) "
                    + "sessions and \(transactions) transactions are unfinished\(isSent ? "" : ", and some of it was not sent to Kafka yet"). Start it "
                    + "with kafka.brokers until 'reprise status' shows none, and no lag"
            }
        throw RepriseError(
            .configuration, "\(reason); or give the node another journal.directory.")
    }

    private static func passOver(_ journal: Journal) async throws(RepriseError) {
        let end = journal.log.appended
        try journal.savePosition(end.rawValue)
        journal.withCore { $0.acknowledge(end.rawValue, now: journal.now()) }
        try await journal.log.waitDurable(journal.log.appended)
    }
}
