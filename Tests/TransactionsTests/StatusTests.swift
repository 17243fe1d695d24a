import Testing
import Transactions

@Suite struct StatusTests {
    private static let legal: [TransactionStatus: Set<TransactionStatus>] = [
        .active: [.preparing, .committing, .rollingBack, .committed],
        .preparing: [.prepared, .rollingBack, .committed],
        .prepared: [.committing, .rollingBack, .committed],
        .committing: [.committed, .rollingBack],
        .rollingBack: [.rolledBack],
        .committed: [],
        .rolledBack: [],
    ]

    @Test(arguments: TransactionStatus.allCases)
    func `a status leads only where the diagram says`(from: TransactionStatus) throws {
        let legal = try #require(StatusTests.legal[from])
        for next in TransactionStatus.allCases {
            #expect(from.allows(next) == legal.contains(next), "\(from) to \(next)")
        }
    }

    @Test func `nothing leads out of a final status, and no other is final`() {
        for status in TransactionStatus.allCases {
            let leads = TransactionStatus.allCases.contains { status.allows($0) }
            #expect(status.isFinal == !leads)
        }
    }

    @Test func `a rollback never becomes a commit`() {
        #expect(!TransactionStatus.rollingBack.allows(.committing))
        #expect(!TransactionStatus.rollingBack.allows(.committed))
    }
}
