internal import Foundation
internal import Reprise
internal import RepriseServer

/// Files with secrets that every user of the machine can read.
struct SecretChecks {
    let settings: Settings

    /// The certificate of the API, with its key.
    func certificate() -> Diagnosis {
        guard settings.server.tls != nil else { return Diagnosis("tls", "the API speaks http") }
        do throws(RepriseError) {
            _ = try ServerCredentials(settings.server)
            return Diagnosis("tls", "certificate and key belong together")
        } catch {
            return Diagnosis(
                "tls", "",
                [
                    .fault(
                        error.code, error.message,
                        cure: "Name a certificate and its own key in server.tls.certificateFile "
                            + "and server.tls.keyFile.")
                ])
        }
    }

    func run() -> Diagnosis {
        let files = settings.secretFiles.sorted { $0.key < $1.key }
        let findings = files.compactMap { key, path -> Finding? in
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IROTH != 0 else { return nil }
            return .fault(
                .secretReadable, "Every user can read \(path), the secret of \(key).",
                cure: "chmod 600 \(path); if others may have read it, replace the secret.")
        }
        return Diagnosis("secrets", files.isEmpty ? "no files" : "\(files.count) files", findings)
    }
}
