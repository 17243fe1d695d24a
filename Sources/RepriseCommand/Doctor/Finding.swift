internal import Reprise

/// Something that is not as it should be.
struct Finding: Sendable, Hashable, Encodable {
    enum Severity: String, Sendable, Hashable, Encodable {
        /// A process would refuse to start, fail, or lose something.
        case fault
        /// It works, and somebody should know.
        case warning
    }

    var severity: Severity
    /// Its page in schemas/errors says more.
    var code: String
    /// What is wrong.
    var message: String
    /// What to do about it.
    var cure: String

    static func fault(_ code: ErrorCode, _ message: String, cure: String) -> Finding {
        Finding(severity: .fault, code: code.rawValue, message: message, cure: cure)
    }

    static func warning(_ code: ErrorCode, _ message: String, cure: String) -> Finding {
        Finding(severity: .warning, code: code.rawValue, message: message, cure: cure)
    }
}

/// What one check has seen.
struct Diagnosis: Sendable, Encodable {
    /// Its subject in a word.
    var check: String
    /// What was looked at, or why it could not be.
    var detail: String
    var findings: [Finding] = []

    init(_ check: String, _ detail: String = "", _ findings: [Finding] = []) {
        self.check = check
        self.detail = detail
        self.findings = findings
    }
}

/// All that the doctor has seen.
struct Examination: Sendable, Encodable {
    var checks: [Diagnosis]

    var findings: [Finding] { checks.flatMap(\.findings) }
    var hasFault: Bool { findings.contains { $0.severity == .fault } }

    var text: String {
        var lines: [String] = []
        for check in checks {
            let worst = check.findings.contains { $0.severity == .fault } ? "FAULT" : "warning"
            let state = check.findings.isEmpty ? "ok" : worst
            let name = check.check + String(repeating: " ", count: max(0, 9 - check.check.count))
            lines.append(TextTable.plain("\(name)  \(state)  \(check.detail)"))
            for finding in check.findings {
                lines += finding.message.split(separator: "\n").enumerated().map { index, line in
                    TextTable.plain("  \(index == 0 ? "\(finding.code): " : "  ")\(line)")
                }
                lines.append(TextTable.plain("    → \(finding.cure)"))
            }
        }
        let faults = findings.count { $0.severity == .fault }
        let warnings = findings.count - faults
        lines.append(
            findings.isEmpty
                ? "Nothing is wrong."
                : "\(faults) faults, \(warnings) warnings. Each code has a page in schemas/errors.")
        return lines.joined(separator: "\n")
    }
}
