public import Transactions

/// How a participant reaches the coordinators of the transactions that it takes part in.
public protocol SuperiorLink: Sendable {
    /// Whether a coordinator at this address may have work done here: it will be asked for decisions,
    /// so an address that nobody configured must not be believed.
    func accepts(_ address: String) -> Bool

    /// Asks the coordinator at `superior.address` what became of the branch `superior.xid`.
    ///
    /// Only an answer of the very journal that the branch names counts; everything else, "not found"
    /// included, is thrown. Called again after a delay where it throws or the answer is `undecided`.
    func ask(_ superior: Superior) async throws -> SuperiorAnswer
}
