/// How often each was killed.
struct Kills: Sendable {
    var clients = 0
    var handler = 0
    var workers = 0
    var node = 0

    mutating func count(_ name: String) {
        switch name.prefix(while: { $0 != "-" }) {
        case "client": clients += 1
        case "handler": handler += 1
        case "worker": workers += 1
        case "node": node += 1
        default: break
        }
    }

    var text: String {
        "clients \(clients), handler service \(handler), workers \(workers), node \(node)"
    }
}
