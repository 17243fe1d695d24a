@testable import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// A task that nobody waits for may register an action while its transaction ends.
@Suite struct LateIntentTests {
    private struct Failure: Error {}

    @Test(arguments: [true, false])
    func `an intent that comes after the end is refused, and not left in the log`(commits: Bool)
        async throws
    {
        let rig = try Rig([Recorder("a")])
        let ended = Probe<Transaction?>(nil)
        try? await rig.manager.run { transaction in
            ended.update { $0 = transaction }
            if !commits { throw Failure() }
        }
        let transaction = try #require(ended.read { $0 })
        let before = rig.appended
        // What `afterRollback` does last, by which time the transaction may have ended.
        await expectCode(.transactionNotActive) {
            try await transaction.driver.writeIntent { Outline() }
        }
        #expect(rig.appended == before)
        await rig.recovery.round()
        #expect(rig.manager.list().isEmpty)
        await rig.close()
    }
}
