package import Model
package import Platform
internal import Transactions
internal import WAL

/// Names the sessions that damage to a journal may have hit: those whose sequence has a hole, and
/// those of which no end can be read, since it may have stood in the part that is lost.
package enum SessionsHit {
    /// Reads the journal of a stopped node, what comes after damage included.
    package static func find(
        in directory: String, files: any FileSystem = RealFileSystem()
    ) throws(RepriseError) -> Set<SessionID> {
        var last: [SessionID: UInt64] = [:]
        var hit: Set<SessionID> = []
        try LogDump.forEachFrame(directory: directory, fileSystem: files) { (place, payload) in
            if place.kind == FrameKind.transaction.rawValue {
                let record = try? TransactionRecord(decoding: payload)
                for event in record?.openings ?? [] { last[event.session] = event.sequence }
                if let finish = record?.finishOpening?.event {
                    last[finish.session] = finish.sequence
                }
            }
            guard place.kind == FrameKind.event.rawValue, let peek = EventPeek(payload),
                peek.sequence > 0
            else { return }
            let expected = last[peek.session].map { $0 + 1 }
            if peek.knownType != .opened, peek.knownType != .carried, expected != peek.sequence {
                hit.insert(peek.session)
            }
            last[peek.session] = peek.knownType == .completed ? nil : peek.sequence
        }
        hit.formUnion(last.keys)
        return hit
    }

    /// The error of a damaged journal, with the sessions named as far as there is room.
    static func named(_ error: RepriseError, in directory: String, files: any FileSystem)
        -> RepriseError
    {
        guard error.code == .journalDamaged,
            let hit = try? find(in: directory, files: files), !hit.isEmpty
        else { return error }
        var named = error
        let names = hit.sorted().prefix(20).map(\.description).joined(separator: ", ")
        let more = hit.count > 20 ? " and \(hit.count - 20) more" : ""
        named.message += " Sessions that may be hit: \(names)\(more)."
        return named
    }
}
