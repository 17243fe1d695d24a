import Model
import Platform
import TestSupport
import Testing
import WAL

@Suite struct CrashTests {
    /// Power loss at every call of a run with rotation, recycling and restarts in it.
    @Test(arguments: UInt64(1)...2)
    func acknowledgedFramesSurvivePowerLossAtEveryCall(seed: UInt64) throws {
        var whole = CrashRun(seed: seed)
        try whole.work(steps: 300)
        let calls = whole.fileSystem.calls
        #expect(calls > 100)
        for call in 0..<calls {
            var run = CrashRun(seed: seed)
            run.fileSystem.powerGoes(atCall: call)
            do {
                try run.work(steps: 300)
                run.crash()
                try run.check()
                try run.work(steps: 40)
                run.crash()
                try run.check()
            } catch {
                Issue.record("seed \(seed), power lost at call \(call): \(error)")
                return
            }
        }
    }

    /// Many power losses in a row at random calls, those of the recovery itself included.
    @Test(arguments: UInt64(100)..<120)
    func acknowledgedFramesSurviveRepeatedPowerLoss(seed: UInt64) throws {
        if let violation = CrashTests.repeatedLosses(seed: seed, lies: false) {
            Issue.record("seed \(seed): \(violation)")
        }
    }

    /// The checker can fail: with a disk that only pretends to sync it must find the loss.
    @Test func aDiskThatPretendsToSyncIsCaught() {
        let caught = (UInt64(100)..<120).filter {
            CrashTests.repeatedLosses(seed: $0, lies: true) != nil
        }
        #expect(caught.count > 15)
    }

    private static func repeatedLosses(seed: UInt64, lies: Bool) -> CrashRun.Violation? {
        var run = CrashRun(seed: seed)
        run.lies = lies
        if lies { run.fileSystem.pretendToSync() }
        do throws(CrashRun.Violation) {
            for _ in 0..<20 {
                run.fileSystem.powerGoes(atCall: Int.random(in: 0..<250, using: &run.random))
                try run.work(steps: 120)
                run.crash()
            }
            try run.check()
            return nil
        } catch {
            return error
        }
    }

    /// kill -9 keeps the page cache: everything written is there, acknowledged or not.
    @Test func everythingWrittenSurvivesKill() throws {
        var run = CrashRun(seed: 7)
        for _ in 0..<10 {
            run.fileSystem.powerGoes(atCall: Int.random(in: 0..<200, using: &run.random))
            try run.work(steps: 100)
            run.fileSystem = run.fileSystem.kill()
            try run.check()
            run.fileSystem = run.fileSystem.kill()
        }
    }
}
