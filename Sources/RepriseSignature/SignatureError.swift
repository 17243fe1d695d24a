/// Why a request is not believed. None of them says what a right signature would have been.
public enum SignatureError: Error, Sendable, Hashable {
    /// `reprise-timestamp` or `reprise-signature` is missing, or not written as it should be.
    case malformed
    /// The request is older than the window allows, or from the future: perhaps one that somebody
    /// has recorded and sends again, perhaps clocks that differ.
    case outsideWindow
    /// Not signed with any of the secrets, or changed on its way.
    case mismatch
    /// The secret itself cannot be used: it is 32 to 1,024 visible ASCII characters.
    case unusableSecret
}

extension SignatureError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed:
            "The request has no reprise-timestamp and reprise-signature that can be read."
        case .outsideWindow: "The request was signed too long ago, or in the future."
        case .mismatch: "The signature is not one of this request with a secret known here."
        case .unusableSecret:
            "A signing secret is \(SigningSecret.minBytes) to \(SigningSecret.maxBytes) visible "
                + "ASCII characters. Make one with: openssl rand -hex 32"
        }
    }
}
