internal import Foundation
internal import Platform
internal import Reprise
internal import RepriseServer
internal import WAL

/// The journal's directory: that it can be used, by this process alone, and is roomy and quick.
struct DiskChecks {
    /// A forced write that takes longer is felt by every caller.
    static let slowFlush = Duration.milliseconds(25)

    let journal: JournalConfiguration
    let instruments: Instruments
    let own: OwnProcess

    /// The disk is looked at only where the directory can be used.
    func run() -> [Diagnosis] {
        let place = directory()
        guard place.findings.isEmpty else { return [place] }
        return [place, lock(), space(), flush()]
    }

    /// The directory, or where it will be made.
    private var existing: String { DiskChecks.existing(journal.directory) }

    static func existing(_ directory: String) -> String {
        var url = URL(filePath: directory).standardizedFileURL
        while access(url.path, F_OK) != 0, url.path != "/" { url.deleteLastPathComponent() }
        return url.path
    }

    private func directory() -> Diagnosis {
        let path = existing
        let isThere = path == URL(filePath: journal.directory).standardizedFileURL.path
        var isDirectory: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        guard isDirectory.boolValue else {
            return Diagnosis(
                "journal", journal.directory,
                [
                    .fault(
                        .journalIO, "\(path) is a file, so the journal has no directory.",
                        cure: "Name another journal.directory, or move the file away.")
                ])
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            return Diagnosis(
                "journal", journal.directory,
                [
                    .fault(
                        .journalIO, "This user cannot write to \(path): \(reason).",
                        cure: "chown it to the user that runs the node, or mount it writable.")
                ])
        }
        return Diagnosis(
            "journal", isThere ? journal.directory : "\(journal.directory) will be made")
    }

    private func lock() -> Diagnosis {
        let path = journal.directory + "/" + Format.lockName
        // Looking must not make a journal where there was none.
        guard access(path, F_OK) == 0 else { return Diagnosis("lock", "nobody uses it") }
        do throws(RepriseError) {
            withExtendedLifetime(try RealFileSystem().lock(path)) {}
            return Diagnosis("lock", "nobody uses it")
        } catch {
            if case .running = own {
                return Diagnosis("lock", "the process that answers has it")
            }
            return Diagnosis(
                "lock", path,
                [
                    .fault(
                        error.code,
                        "Another process has the journal, and it does not answer at the address "
                            + "in the settings.",
                        cure:
                            "Find it with 'fuser \(path)' and stop it, or give each node a "
                            + "journal.directory of its own.")
                ])
        }
    }

    private func space() -> Diagnosis {
        do {
            let space = try instruments.space(existing)
            let room = space.freeBytes
            let wanted = Int64(journal.maxBytes) - usedBytes
            var findings: [Finding] = []
            if room < 4 * Int64(journal.segmentBytes) {
                findings.append(
                    .fault(
                        .diskFull,
                        "The journal's disk has \(Words.bytes(room)) left, less than four "
                            + "segments.",
                        cure: "Free some space, or move journal.directory to a larger disk."))
            } else if room < wanted {
                findings.append(
                    .warning(
                        .diskFull,
                        "The journal may grow by \(Words.bytes(wanted)); its disk has "
                            + "\(Words.bytes(room)).",
                        cure: "Lower journal.maxBytes, or give it a larger disk."))
            }
            if space.isMemory {
                findings.append(
                    .fault(
                        .diskSlow,
                        "The journal lies in memory (tmpfs): a restart of the machine loses it.",
                        cure: "Put journal.directory on a disk."))
            }
            return Diagnosis("space", "\(Words.bytes(room)) free", findings)
        } catch {
            return Diagnosis("space", existing, [DiskChecks.failed(error)])
        }
    }

    private var usedBytes: Int64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: journal.directory)) ?? []
        return names.reduce(0) { sum, name in
            let path = journal.directory + "/" + name
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size]
            return sum + Int64(size as? Int ?? 0)
        }
    }

    private func flush() -> Diagnosis {
        do {
            let times = try instruments.flushes(existing).sorted()
            guard let longest = times.last else { return Diagnosis("flush", "was not measured") }
            let middle = times[times.count / 2]
            let detail =
                "a forced write takes \(DiskChecks.text(middle)), at most "
                + DiskChecks.text(longest)
            guard middle > DiskChecks.slowFlush else { return Diagnosis("flush", detail) }
            return Diagnosis(
                "flush", detail,
                [
                    .warning(
                        .diskSlow,
                        "A forced write takes \(DiskChecks.text(middle)): every acknowledgement "
                            + "waits for one.",
                        cure: "Put journal.directory on a local SSD.")
                ])
        } catch {
            return Diagnosis("flush", existing, [DiskChecks.failed(error)])
        }
    }

    private static func failed(_ error: any Error) -> Finding {
        let error = error as? RepriseError ?? RepriseError(.journalIO, "\(error)")
        return .fault(
            error.code, "\(error.message) \(error.cause ?? "")",
            cure: "Look at the disk and its mount (dmesg); put journal.directory on another.")
    }

    /// Milliseconds with two places.
    private static func text(_ time: Duration) -> String {
        let hundredths = Int64((time / .milliseconds(1) * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) ms"
    }
}
