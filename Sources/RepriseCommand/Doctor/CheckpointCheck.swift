internal import Foundation
internal import Reprise

/// Where a worker keeps its checkpoints: nothing is lost without them, but time.
struct CheckpointCheck {
    let recovery: RecoverySettings

    func run() -> Diagnosis {
        guard let directory = recovery.checkpointDirectory else {
            return Diagnosis(
                "checkpoints", "none are kept: recovery.checkpointDirectory is not set")
        }
        let path = DiskChecks.existing(directory)
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            return Diagnosis(
                "checkpoints", directory,
                [
                    .fault(
                        .journalIO, "This user cannot write to \(path): \(reason).",
                        cure: "chown it to the user that runs the worker, or mount it writable.")
                ])
        }
        return Diagnosis("checkpoints", directory)
    }
}
