/// Tells a handler whether a request comes from its own Reprise.
///
/// A valid signature says: somebody with the secret sent exactly this body to exactly this target,
/// not longer ago than the window. It does not say that the request comes for the first time: who
/// records one can send it again within the window. A handler must be fit to run twice anyway; one
/// that wants to refuse repetitions keeps the highest `token` of each session `id` and refuses
/// lower ones.
public struct SignatureVerifier: Sendable {
    private let secrets: [SigningSecret]
    private let windowSeconds: Int64

    /// `windowSeconds` is how far the time of signing and the time of checking may be apart, in
    /// either direction: the way of the request and the difference of the clocks. 1 to 3,600.
    ///
    /// Throws `unusableSecret` for none or more than 8 secrets.
    public init(
        _ secrets: [SigningSecret], windowSeconds: Int64 = 300
    ) throws(SignatureError) {
        guard (1...RequestSignature.maxSignatures).contains(secrets.count) else {
            throw .unusableSecret
        }
        self.secrets = secrets
        self.windowSeconds = min(max(windowSeconds, 1), 3_600)
    }

    /// Checks a request before anything else is done with its body.
    ///
    /// `body` is what came, byte by byte, not JSON that was read and written again. `target` is the
    /// path with its query as the request line has it; behind a proxy that changes it, the one in
    /// `handler.url`. `timestamp` and `signature` are the values of the two headers; `now` is in
    /// seconds since 1970.
    ///
    /// Throws why the request is not to be believed; answer it with 401, which parks nothing and is
    /// tried again.
    public func verify(
        method: String, target: String, body: [UInt8], timestamp: String?, signature: String?,
        now: Int64
    ) throws(SignatureError) {
        guard let time = timestamp.flatMap({ SignatureVerifier.seconds($0) }),
            let given = signature.flatMap({ SignatureVerifier.codes($0) }),
            let message = SignedMessage(
                timestamp: time, method: method, target: target, body: body)
        else { throw .malformed }
        // Every secret against every signature, whatever was found: time tells nothing.
        var isKnown = false
        for secret in secrets {
            let wanted = secret.code(message)
            for code in given where SignatureVerifier.areEqual(code, wanted) { isKnown = true }
        }
        guard isKnown else { throw .mismatch }
        let (age, overflow) = now.subtractingReportingOverflow(time)
        guard !overflow, age <= windowSeconds, age >= -windowSeconds else { throw .outsideWindow }
    }

    /// Digits only, as the signer writes them: no sign, no leading zero, so that there is one text
    /// for each time.
    private static func seconds(_ text: String) -> Int64? {
        guard (1...18).contains(text.utf8.count), let value = Int64(text), String(value) == text,
            value >= 0
        else { return nil }
        return value
    }

    /// Those of version 1; others are left to versions to come.
    private static func codes(_ text: String) -> [[UInt8]]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= RequestSignature.maxSignatures else { return nil }
        var codes: [[UInt8]] = []
        for part in parts {
            let part = part.drop { $0 == " " }
            guard part.hasPrefix("v1=") else { continue }
            guard let bytes = Hexadecimal.bytes(part.dropFirst(3)), bytes.count == 32 else {
                return nil
            }
            codes.append(bytes)
        }
        return codes.isEmpty ? nil : codes
    }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
