internal import Foundation
internal import Reprise
internal import RepriseServer

/// Files with secrets that every user of the machine can read.
struct SecretChecks {
    let settings: Settings

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
