package import Model
package import Sessions

/// The beginning of a fold that starts at the group's committed offset. The mark that belongs to
/// that offset stands a little behind it, so what comes before the mark is kept until it is found.
package struct PartitionOpening: Sendable {
    private var start: Int64
    private var ownerWriter: Writer
    private let limits: Limits
    private var kept: [PartitionMessage] = []

    /// Stands in for a fold while it is being changed.
    static let empty = PartitionOpening(start: .max, ownerWriter: .nobody, limits: Limits())

    /// What the fold begins with.
    package struct Beginning: Sendable {
        package var table: SessionTable
        /// The committed offset that the search began at.
        package var offset: Int64
        /// To be folded first.
        package var messages: [PartitionMessage]
        /// False when no mark was found: repeats from before `offset` will not be noticed.
        package var hasMark: Bool
    }

    /// `ownerWriter` is who claims the partition now: its `owner` event ends the search.
    package init(start: Int64, ownerWriter: Writer, limits: Limits) {
        self.start = start
        self.ownerWriter = ownerWriter
        self.limits = limits
    }

    /// The same search, ended by another `owner` event.
    package func reclaimed(by writer: Writer) -> PartitionOpening {
        var opening = self
        opening.ownerWriter = writer
        return opening
    }

    /// Keeps the message, unless it lies before the start. Returns what the fold begins with as
    /// soon as the mark is found, or surely is not there; then it is not to be called again.
    package mutating func read(_ message: PartitionMessage) -> Beginning? {
        // The consumer began at `start`: an earlier message tells that the log ends before it. The topic
        // was made anew, or lost its end; what there is, is folded from its beginning.
        start = min(start, message.offset)
        kept.append(message)
        var found: Beginning?
        message.forEachEvent { _, decoded in
            guard found == nil, case .success(let event) = decoded else { return }
            switch event.body {
            case .mark(let mark) where mark.start == start && message.origin.writer == mark.owner:
                found = beginning(SessionTable(from: mark, limits: limits), hasMark: true)
            case .owner(let writer) where writer == ownerWriter:
                found = beginning(SessionTable(limits: limits), hasMark: false)
            default: break
            }
        }
        return found
    }

    /// The log ended without a mark: what was kept is all there is.
    package func beginningWithoutMark() -> Beginning {
        beginning(SessionTable(limits: limits), hasMark: false)
    }

    private func beginning(_ table: SessionTable, hasMark: Bool) -> Beginning {
        Beginning(table: table, offset: start, messages: kept, hasMark: hasMark)
    }
}
