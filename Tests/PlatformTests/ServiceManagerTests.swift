import Foundation
import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ServiceManagerTests {
    private func manager(_ environment: [String: String]) -> ServiceManager? {
        ServiceManager(environment: environment, process: 42)
    }

    // MARK: What the manager wants

    @Test(arguments: [nil, "", "relative", "vsock:2:1234"])
    func withoutASocketThereIsNoManager(path: String?) {
        #expect(manager(["NOTIFY_SOCKET": path].compactMapValues { $0 }) == nil)
    }

    @Test func itIsToldTwiceInItsTime() {
        var environment = ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000"]
        #expect(manager(environment)?.interval == 15_000)
        environment["WATCHDOG_PID"] = "42"
        #expect(manager(environment)?.interval == 15_000)
        environment["WATCHDOG_USEC"] = "1"
        #expect(manager(environment)?.interval == 1)
    }

    @Test(arguments: [
        [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-5"], ["WATCHDOG_USEC": "soon"],
        ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"],
    ])
    func otherwiseItDoesNotWatch(environment: [String: String]) throws {
        let all = environment.merging(["NOTIFY_SOCKET": "/run/x"]) { $1 }
        #expect(try #require(manager(all)).interval == nil)
    }

    // MARK: What it hears

    @Test func eachNoticeIsADatagram() throws {
        let socket = try NoticeSocket(abstract: false)
        let known = try #require(manager(["NOTIFY_SOCKET": socket.name]))
        #expect(known.tell(.ready) && known.tell(.alive) && known.tell(.stopping))
        #expect(socket.next() == "READY=1")
        #expect(socket.next() == "WATCHDOG=1")
        #expect(socket.next() == "STOPPING=1")
    }

    @Test func anAbstractNameIsReached() throws {
        let socket = try NoticeSocket(abstract: true)
        let known = try #require(manager(["NOTIFY_SOCKET": socket.name]))
        #expect(known.tell(.ready))
        #expect(socket.next() == "READY=1")
    }

    @Test func aFullQueueIsNotWaitedFor() throws {
        let socket = try NoticeSocket(abstract: true)
        let known = try #require(manager(["NOTIFY_SOCKET": socket.name]))
        var told = 0
        while told < 1_000_000, known.tell(.alive) { told += 1 }
        #expect(told > 0 && told < 1_000_000)
        #expect(socket.next() == "WATCHDOG=1")
        #expect(known.tell(.ready))
    }

    @Test(arguments: ["/nowhere/notify", "/" + String(repeating: "x", count: 200)])
    func nobodyThereIsSaid(path: String) {
        #expect(manager(["NOTIFY_SOCKET": path])?.tell(.ready) == false)
    }
}

/// What systemd listens on.
private final class NoticeSocket {
    let name: String
    private let descriptor: CInt

    init(abstract: Bool) throws {
        let unique = UUID().uuidString
        name = abstract ? "@reprise-\(unique)" : "/tmp/reprise-\(unique)"
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if abstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let path = try #require(MemoryLayout<sockaddr_un>.offset(of: \.sun_path))
        let length = socklen_t(path + bytes.count + (abstract ? 0 : 1))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(bound == 0)
    }

    deinit {
        close(descriptor)
        if name.hasPrefix("/") { unlink(name) }
    }

    /// What came and was not read yet; nothing when there is none.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
