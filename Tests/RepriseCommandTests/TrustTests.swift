import CertificateSupport
import Foundation
import Model
import RepriseServer
import TestSupport
import Testing

@testable import RepriseCommand

/// Commands that ask a node with a certificate of an authority that nobody but them has heard of.
@Suite(.timeLimit(.minutes(5))) struct TrustTests {
    private static func withNode(
        _ body: @Sendable (ServedNode, Authority) async throws -> Void
    ) async throws {
        let authority = try Authority()
        defer { authority.remove() }
        try await ServedNode.with(tls: try authority.issue("node")) { node in
            try await body(node, authority)
        }
    }

    @Test func `a command asks whom the given authority vouches for`() async throws {
        try await Self.withNode { node, authority in
            for arguments in [
                ["--ca-file", authority.caFile], ["--set", "client.caFile=\(authority.caFile)"],
            ] {
                for command in [["status"], ["sessions", "list"], ["transactions", "list"]] {
                    let ran = await Ran.reprise(command + ["--url", node.url] + arguments)
                    #expect(ran.status == 0, "\(command): \(ran.error)")
                }
            }
            let settings = "client.url=\(node.url)/"
            let ran = await Ran.reprise(
                "status", "--ca-file", authority.caFile, "--set", settings)
            #expect(ran.status == 0, "\(ran.error)")
            #expect(ran.output.hasPrefix("node-1"))
        }
    }

    @Test func `it asks nobody else, and says what to do`() async throws {
        try await Self.withNode { node, authority in
            let other = try Authority()
            defer { other.remove() }
            let numeric = node.url.replacing("localhost", with: "127.0.0.1")
            for (url, caFile) in [
                (node.url, nil), (node.url, other.caFile), (numeric, authority.caFile),
            ] {
                let arguments = caFile.map { ["--ca-file", $0] } ?? []
                let ran = await Ran.reprise(["status", "--url", url] + arguments)
                #expect(ran.status == ExitStatus.configuration.rawValue, "\(url)")
                #expect(ran.error.contains("--ca-file"), "\(ran.error)")
                #expect(ran.error.contains("client.caFile"))
            }
            let empty = await Ran.reprise("status", "--url", node.url, "--ca-file", "/nowhere.pem")
            #expect(empty.status == ExitStatus.configuration.rawValue)
            #expect(empty.error.contains("/nowhere.pem"))
        }
    }

    @Test func `the doctor says when the certificate of the API ends`() throws {
        let authority = try Authority()
        defer { authority.remove() }
        var server = ServerConfiguration()
        server.tls = try authority.issue("node")
        let now = Instruments.real.clock()
        let day: Int64 = 86_400_000
        // It is made for a day.
        for (shift, severity) in [(-20 * day, nil), (0, .warning), (2 * day, .fault)]
            as [(Int64, Finding.Severity?)]
        {
            let found = CertificateCheck(server: server, clock: { now + shift }).run()
            #expect(found.findings.first?.severity == severity, "\(found)")
            #expect(found.findings.allSatisfy { $0.cure.contains("SIGHUP") })
            #expect(found.detail.contains("until 20"))
        }
    }

    private static func examine(
        _ node: ServedNode, _ more: [(key: String, value: String)]
    ) async throws -> Examination {
        var instruments = Instruments.real
        instruments.space = { _ in DiskSpace(freeBytes: 1 << 40) }
        instruments.flushes = { _ in [.milliseconds(1)] }
        let settings = try Settings.load(
            file: nil, environment: [:],
            flags: [
                (key: "node", value: "node-1"), (key: "client.url", value: node.url),
                (key: "journal.directory", value: node.directory.path + "/journal"),
                (key: "kinds.order.handler.url", value: node.url + "/recover"),
            ] + more)
        return await Doctor(settings: settings, peers: [node.url], instruments: instruments).run()
    }

    private static func codes(_ examination: Examination, _ check: String) -> [String] {
        examination.checks.filter { $0.check == check }.flatMap(\.findings).map(\.code)
    }

    @Test func `the doctor asks its process, others and handlers by their authorities`()
        async throws
    {
        try await Self.withNode { node, authority in
            let sound = try await Self.examine(
                node,
                [
                    (key: "client.caFile", value: authority.caFile),
                    (key: "outgoing.caFile", value: authority.caFile),
                ])
            #expect(Self.codes(sound, "process") == [], "\(sound.text)")
            #expect(Self.codes(sound, "lock") == [], "\(sound.text)")
            #expect(Self.codes(sound, "handler") == [], "\(sound.text)")
            #expect(sound.text.contains("node-1 is at \(node.url), ready"))

            let strange = try await Self.examine(node, [])
            #expect(Self.codes(strange, "process") == ["configuration"], "\(strange.text)")
            #expect(Self.codes(strange, "clock") == ["configuration"], "\(strange.text)")
            #expect(Self.codes(strange, "handler") == ["handlerUnavailable"], "\(strange.text)")
            for cure in ["client.caFile", "client.url", "outgoing.caFile", "--peer"] {
                #expect(strange.findings.contains { $0.cure.contains(cure) }, "\(cure)")
            }

            let broken = try await Self.examine(
                node,
                [
                    (key: "client.caFile", value: "/nowhere.pem"),
                    (key: "outgoing.caFile", value: "/nowhere.pem"),
                ])
            #expect(broken.findings.filter { $0.message.contains("/nowhere.pem") }.count == 2)
        }
    }
}
