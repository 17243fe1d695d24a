internal import CPlatform
internal import Glibc
package import Model

/// The service manager that started this process and wants to hear of it: systemd's notification
/// protocol (`sd_notify`), one datagram a message. What another manager started has none.
package struct ServiceManager: Sendable {
    package enum Notice: String, Sendable {
        case ready = "READY=1"
        case alive = "WATCHDOG=1"
        case stopping = "STOPPING=1"
    }

    private let path: String
    /// How often it wants to hear that the process is alive: half of the time after which it would
    /// kill it. Nothing where it does not watch.
    package let interval: Milliseconds?

    /// `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` of `environment`.
    package init?(environment: [String: String], process: Int32 = getpid()) {
        guard let path = environment["NOTIFY_SOCKET"], let first = path.first,
            first == "/" || first == "@"
        else { return nil }
        self.path = path
        let watched = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        let limit = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        interval = watched && limit > 0 ? max(1, limit / 2_000) : nil
    }

    /// False when the manager did not get it: its queue was full, or it is gone.
    package func tell(_ notice: Notice) -> Bool {
        let bytes = Array(notice.rawValue.utf8)
        return reprise_send_datagram(path, bytes, bytes.count) == 0
    }
}
