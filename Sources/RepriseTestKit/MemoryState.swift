internal import Platform
internal import Synchronization
internal import Transactions

/// What a `MemoryResource` knows. Everything in `Process` dies with the process that works in the
/// resource; the rest is what a database keeps on its disk.
struct MemoryState {
    /// A branch that is neither prepared nor ended. Writes of nil remove the key.
    struct Open {
        var xid: Xid
        var readOnly: Bool
        var writes: [String: String?] = [:]
        /// Keys that others wait for until the branch has ended.
        var held: Set<String> = []
    }

    struct Prepared {
        var writes: [String: String?]
        var held: Set<String>
    }

    var values: [String: String] = [:]
    var prepared: [Xid: Prepared] = [:]
    /// Records of one-phase commits, and tombstones of those that must not happen any more.
    var outcomes: [Xid: BranchOutcome] = [:]
    var heuristics: [Xid: BranchOutcome] = [:]

    var open: [UInt64: Open] = [:]
    var lastNumber: UInt64 = 0

    var locks: [String: Permits] = [:]
    var isDown = false
    var faults: [MemoryVerb: [MemoryFault]] = [:]
    var counts: [MemoryVerb: Int] = [:]

    mutating func lock(of key: String) -> Permits {
        if let lock = locks[key] { return lock }
        let lock = Permits(1)
        locks[key] = lock
        return lock
    }

    mutating func release(_ keys: Set<String>) {
        for key in keys { locks[key]?.release() }
    }

    mutating func apply(_ writes: [String: String?]) {
        for (key, value) in writes { values[key] = value }
    }

    /// Ends an open branch without effect; nil where there is none any more.
    @discardableResult
    mutating func end(_ number: UInt64) -> Open? {
        guard let open = open.removeValue(forKey: number) else { return nil }
        release(open.held)
        return open
    }

    /// Ends a prepared branch; false where there is none.
    @discardableResult
    mutating func finish(_ xid: Xid, _ outcome: BranchOutcome) -> Bool {
        guard let branch = prepared.removeValue(forKey: xid) else { return false }
        if outcome == .committed { apply(branch.writes) }
        release(branch.held)
        return true
    }

    /// What the process had in hand and not prepared is gone.
    mutating func dropOpen() {
        for number in open.keys { end(number) }
    }
}
