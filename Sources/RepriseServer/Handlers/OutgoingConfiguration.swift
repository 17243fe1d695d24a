public import RepriseSignature

/// What is common to the requests that a process sends to handlers and others.
public struct OutgoingConfiguration: Sendable, Hashable {
    /// Signs what has no signer of its own; nil leaves it unsigned.
    public var signer: RequestSigner?

    public init() {}
}
