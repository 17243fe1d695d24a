import Foundation
import Model
import TestSupport
import Testing

@testable import RepriseCommand

/// Runs against a broker and a node.
@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
    /// What this machine's librdkafka is told about is no mistake of anybody.
    private static func findings(_ examination: Examination) -> [Finding] {
        examination.checks.filter { $0.check != "client" }.flatMap(\.findings)
    }

    @Test func `where nothing is wrong, nothing is found`() async throws {
        try await ServedNode.with { node in
            let rig = try await DoctorRig(node)
            let before = try await rig.examine()
            #expect(Self.findings(before).isEmpty, "\(before.text)")
            #expect(before.text.contains("\(rig.prefix).sessions will be made"))
            try await rig.makeTopics()
            let after = try await rig.examine()
            #expect(Self.findings(after).isEmpty, "\(after.text)")
            #expect(after.text.contains("\(rig.prefix).sessions, 3 partitions"))
            #expect(!after.hasFault)
            for check in ["settings", "secrets", "process", "journal", "lock", "space", "flush"]
                + ["client", "broker", "topic", "clock", "handler"]
            {
                #expect(after.checks.contains { $0.check == check }, "\(check)")
            }
        }
    }

    @Test(arguments: Mistake.allCases)
    func `a planted mistake is found, and its cure is named`(mistake: Mistake) async throws {
        try await ServedNode.with { node in
            var rig = try await DoctorRig(node)
            try await mistake.plant(in: &rig)
            let examination = try await rig.examine()
            let findings = Self.findings(examination)
            #expect(findings.count == mistake.count, "\(examination.text)")
            for finding in findings {
                #expect(finding.code == mistake.code.rawValue, "\(finding)")
                #expect(finding.cure.contains(mistake.cure), "\(finding)")
            }
            #expect(examination.text.contains(mistake.cure))
        }
    }

    @Test func `a journal whose own process answers is not locked by a stranger`() async throws {
        try await ServedNode.with { node in
            var rig = try await DoctorRig(node)
            rig.settings["node"] = "node-1"
            rig.settings["server.port"] = node.url.split(separator: ":").last.map(String.init)
            rig.settings["journal.directory"] = node.directory.path + "/journal"
            rig.peers = []
            let examination = try await rig.examine()
            #expect(Self.findings(examination).isEmpty, "\(examination.text)")
            #expect(examination.text.contains("the process that answers has it"))
        }
    }
}
