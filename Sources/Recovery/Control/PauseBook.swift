package import Model
package import Platform
internal import Synchronization
internal import WAL

/// Which kinds are paused in this process. Kept in a file, where there is a directory for it, so that
/// a restart does not set off what an operator has stopped.
package final class PauseBook: Sendable {
    private let directory: String?
    private let files: any FileSystem
    private let pauses: Mutex<[Kind: Pause]>
    /// One change at a time, so that the file is never older than a change that was answered.
    private let writing = Mutex(())

    private static let name = Format.pausesName

    /// Nothing is paused; what will be is forgotten with the process.
    package init() {
        directory = nil
        files = RealFileSystem()
        pauses = Mutex([:])
    }

    /// Reads what an earlier process has left. Blocks.
    ///
    /// - Throws: `configuration` for a file that cannot be understood, `journalIO`.
    package init(
        directory: String, files: any FileSystem = RealFileSystem()
    ) throws(RepriseError) {
        self.directory = directory
        self.files = files
        try files.createDirectory(directory)
        let bytes = try files.content(of: PauseBook.name, in: directory) ?? []
        pauses = Mutex(try PauseBook.parse(String(decoding: bytes, as: UTF8.self), directory))
    }

    /// By kind.
    package var all: [Kind: Pause] { pauses.withLock { $0 } }

    /// Pauses a kind, or with nil lets it go on. In the file, durably, when it returns. Blocks.
    package func set(_ kind: Kind, _ pause: Pause?) throws(RepriseError) {
        let result = writing.withLock { _ -> Result<Void, RepriseError> in
            var changed = all
            changed[kind] = pause
            do throws(RepriseError) {
                if let directory { try save(changed, in: directory) }
            } catch {
                return .failure(error)
            }
            pauses.withLock { [changed] in $0 = changed }
            return .success(())
        }
        try result.get()
    }

    // MARK: The file: a line for each kind, its parts apart by tabs

    private static func parse(
        _ text: String, _ directory: String
    ) throws(RepriseError) -> [Kind: Pause] {
        var pauses: [Kind: Pause] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(
                separator: "\t", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count == 4, Kind.isValid(String(parts[0])), let since = Int64(parts[1])
            else {
                throw RepriseError(
                    .configuration,
                    "\(directory)/\(name) cannot be read: it should have a line for each paused "
                        + "kind. Mend it, or remove it, which resumes every kind.")
            }
            pauses[Kind(unchecked: String(parts[0]))] = Pause(
                since: Timestamp(milliseconds: since), by: String(parts[2]),
                reason: String(parts[3]))
        }
        return pauses
    }

    private func save(
        _ pauses: [Kind: Pause], in directory: String
    ) throws(RepriseError) {
        let text = pauses.sorted { $0.key.name < $1.key.name }.map { kind, pause in
            "\(kind.name)\t\(pause.since.milliseconds)\t\(pause.by)\t\(pause.reason)\n"
        }.joined()
        try files.replace("\(directory)/\(PauseBook.name)", in: directory, with: Array(text.utf8))
    }
}
