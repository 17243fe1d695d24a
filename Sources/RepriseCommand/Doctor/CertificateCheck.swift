internal import Foundation
internal import Reprise
internal import RepriseServer

/// The certificate of the API: whether it and its key can be used, and for how much longer.
struct CertificateCheck {
    /// Milliseconds before its end.
    static let soon: Milliseconds = 14 * 86_400_000

    let server: ServerConfiguration
    /// Milliseconds since 1970.
    let clock: @Sendable () -> Int64

    func run() -> Diagnosis {
        guard server.tls != nil else { return Diagnosis("tls", "the API speaks http") }
        let credentials: ServerCredentials
        do throws(RepriseError) {
            credentials = try ServerCredentials(server)
        } catch {
            let cure =
                "Name a certificate and its own key in server.tls.certificateFile and "
                + "server.tls.keyFile."
            return Diagnosis("tls", "", [.fault(error.code, error.message, cure: cure)])
        }
        guard let end = credentials.certificateEnd?.milliseconds else { return Diagnosis("tls") }
        let day = Date(timeIntervalSince1970: Double(end) / 1_000).formatted(
            .iso8601.year().month().day())
        return Diagnosis(
            "tls", "certificate and key belong together, until \(day)", findings(end, day))
    }

    private func findings(_ end: Int64, _ day: String) -> [Finding] {
        let left = end - clock()
        guard left < Self.soon else { return [] }
        let cure =
            "Put a new one in its place, and reload: SIGHUP or POST /v1/configuration/reload."
        return left > 0
            ? [.warning(.configuration, "The certificate ends on \(day).", cure: cure)]
            : [
                .fault(
                    .configuration, "The certificate has ended on \(day): callers refuse it.",
                    cure: cure)
            ]
    }
}
