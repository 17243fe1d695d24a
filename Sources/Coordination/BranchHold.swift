internal import Transactions

/// A branch in the hands of this process.
struct BranchHold: Sendable {
    var number: UInt32
    var resource: any TransactionResource
    var branch: any TransactionBranch
}
