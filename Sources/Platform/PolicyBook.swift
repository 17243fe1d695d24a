package import Model
internal import Synchronization

/// The policies of a process by kind. They can be replaced while it runs: whoever asks next has the
/// new ones.
package final class PolicyBook: Sendable {
    private let policies: Mutex<[Kind: KindPolicy]>

    package init(_ policies: [Kind: KindPolicy]) {
        self.policies = Mutex(policies)
    }

    /// Nil for a kind that is not configured.
    package subscript(kind: Kind) -> KindPolicy? { policies.withLock { $0[kind] } }

    package var all: [Kind: KindPolicy] { policies.withLock { $0 } }

    package func replace(_ policies: [Kind: KindPolicy]) {
        self.policies.withLock { $0 = policies }
    }
}
