internal import Transactions

/// The resources of a transaction by name, as its work sees them. A list: there are few of them, and
/// most transactions look for each once.
struct BranchHolds: Sendable {
    enum Hold: Sendable {
        /// Being enlisted, and who waits for it.
        case beginning([UnsafeContinuation<Void, Never>])
        case ready(any TransactionBranch)
    }

    private var entries: [(name: String, hold: Hold)] = []

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    subscript(name: String) -> Hold? {
        get { entries.first { $0.name == name }?.hold }
        set {
            let index = entries.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let hold?): entries[index].hold = hold
            case (let index?, nil): entries.remove(at: index)
            case (nil, let hold?): entries.append((name, hold))
            case (nil, nil): break
            }
        }
    }
}
