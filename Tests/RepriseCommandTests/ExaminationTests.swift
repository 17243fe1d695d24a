import Foundation
import Model
import TestSupport
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct ExaminationTests {
    @Test func `faults and warnings are counted and told apart`() throws {
        var examination = Examination(checks: [Diagnosis("settings", "kinds: order")])
        #expect(examination.text == "settings   ok  kinds: order\nNothing is wrong.")
        examination.checks.append(
            Diagnosis("flush", "slow", [.warning(.diskSlow, "It is slow.", cure: "Mend it.")]))
        #expect(!examination.hasFault)
        examination.checks.append(
            Diagnosis(
                "journal", "/x", [.fault(.journalIO, "No.\u{1B}[2J\nNever.", cure: "Move.")]))
        #expect(examination.hasFault)
        #expect(
            examination.text == """
                settings   ok  kinds: order
                flush      warning  slow
                  diskSlow: It is slow.
                    → Mend it.
                journal    FAULT  /x
                  journalIO: No.�[2J
                    Never.
                    → Move.
                1 faults, 1 warnings. Each code has a page in schemas/errors.
                """)
    }

    @Test func `a fault is status 1, and JSON for programs`() async throws {
        let ran = await Ran.reprise("doctor", "--json", "--set", "server.port=seven")
        #expect(ran.status == 1)
        #expect(ran.output.contains(#""code" : "configuration""#))
        #expect(ran.output.contains(#""severity" : "fault""#))
    }

    @Test func `forced writes are timed, and leave nothing behind`() throws {
        let directory = try TestDirectory("flush")
        #expect(try FlushTrial.run(in: directory.path).count == 32)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        #expect(throws: RepriseError.self) { try FlushTrial.run(in: directory.path + "/none") }
    }

    @Test func `room is measured`() throws {
        let directory = try TestDirectory("space")
        #expect(try DiskSpace(of: directory.path).freeBytes > 0)
        #expect(throws: RepriseError.self) { try DiskSpace(of: directory.path + "/none") }
        let mounts = """
            22 28 0:20 / /proc rw,nosuid - proc proc rw
            30 28 259:1 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw
            31 28 0:26 / /run rw shared:5 - tmpfs tmpfs rw
            """
        #expect(DiskSpace.kind(ofDevice: 259 << 8 | 1, in: mounts) == "ext4")
        #expect(DiskSpace.kind(ofDevice: 26, in: mounts) == "tmpfs")
        #expect(DiskSpace.kind(ofDevice: 27, in: mounts) == nil)
    }

    @Test func `a clock is off by no less than the way leaves open`() {
        let ahead = ClockSkew(theirs: 10_000, before: 1_000, after: 3_000)
        #expect(ahead.milliseconds == 8_000)
        #expect(ahead.atLeast == 7_000)
        let near = ClockSkew(theirs: 2_500, before: 1_000, after: 3_000)
        #expect(near.atLeast == 0)
        let behind = ClockSkew(theirs: 0, before: 60_000, after: 60_000)
        #expect(behind.atLeast == 60_000)
        #expect(behind.text == "1 min behind, give or take 0 ms")
    }
}
