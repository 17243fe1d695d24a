/// Groups of settings in which each entry has a name of its own.
enum SettingsGroup: String, Sendable, Hashable, CaseIterable {
    case resources = "transactions.resources"
    case participants = "transactions.participants"
    case coordinators = "transactions.coordinators"

    var keys: [String] {
        switch self {
        case .resources: SettingsTable.resource.map(\.name)
        case .participants, .coordinators: SettingsTable.peer.map(\.name)
        }
    }

    var noun: String {
        switch self {
        case .resources: "a resource"
        case .participants: "a participant"
        case .coordinators: "a coordinator"
        }
    }

    var rule: String {
        self == .coordinators
            ? "a name of 1 to 256 visible ASCII characters" : "a name of 1 to 64 bytes"
    }

    func allows(_ name: String) -> Bool {
        self == .coordinators
            ? (1...256).contains(name.utf8.count)
                && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            : (1...64).contains(name.utf8.count)
    }
}
