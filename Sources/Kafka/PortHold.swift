internal import Glibc

/// Keeps a loopback port from being given to anybody else while its mock broker is down: the broker
/// must get it back, and the library ends the process if it does not. Connections to it are refused
/// meanwhile. Released when the last reference goes.
final class PortHold: Sendable {
    private let descriptor: Int32

    /// Nil where the port cannot be held; then it is left to luck.
    init?(port: UInt16) {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard made >= 0 else { return nil }
        var yes: Int32 = 1
        // Both sides set it, so that the broker can bind beside a socket that does not listen.
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0 else {
            close(made)
            return nil
        }
        descriptor = made
    }

    deinit { close(descriptor) }
}
