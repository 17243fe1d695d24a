import Foundation
import Glibc

/// A connection over which a test sends what no HTTP client would.
struct RawConnection {
    private let socket: Int32

    /// Nil when nobody listens.
    init?(port: Int) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let failed = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard failed == 0 else { return nil }
        // A test that waits for nothing must end.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Sends `text`, says that no more comes if `finishes`, and returns what comes back until the
    /// other side closes or `end` has come. On a thread of its own: these calls block.
    func exchange(_ text: String, finishes: Bool = false, until end: String) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                send(text)
                if finishes { shutdown(socket, Int32(SHUT_WR)) }
                continuation.resume(returning: receive(until: end))
            }
        }
    }

    /// The same until the other side closes, and whether it has; not when the time is up.
    func exchangeUntilClosed(_ text: String) async -> (text: String, isClosed: Bool) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                send(text)
                let text = receive(until: "\u{0}")
                var byte: UInt8 = 0
                let count = recv(socket, &byte, 1, Int32(MSG_DONTWAIT))
                let isOpen = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
                continuation.resume(returning: (text, !isOpen))
            }
        }
    }

    func close() { Glibc.close(socket) }

    private func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    socket, UnsafeRawBufferPointer(rebasing: buffer[sent...]).baseAddress,
                    bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private func receive(until end: String) -> String {
        var text = ""
        var part = [UInt8](repeating: 0, count: 4_096)
        while !text.contains(end) {
            let count = recv(socket, &part, part.count, 0)
            guard count > 0 else { break }
            text += String(decoding: part[..<count], as: UTF8.self)
        }
        return text
    }
}
