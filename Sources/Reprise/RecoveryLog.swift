internal import Platform
internal import Logging
internal import Model
internal import Recovery
internal import Sessions

/// Logs what recovery does; `RunMeters` counts it.
struct RecoveryLog: RecoveryObserver {
    let logger: Logger

    func started(_ session: Session, _ run: Run) {
    }

    func ended(_ session: Session, _ run: Run, _ outcome: HandlerOutcome) {
        guard case .failed(let code, let reason) = outcome else { return }
        logger.info(
            "a run failed",
            metadata: [
                "reprise.session": "\(session.id)", "reprise.kind": "\(session.kind)",
                "reprise.attempt": "\(run.attempt)", "reprise.error.code": "\(code.rawValue)",
                "reprise.reason": "\(reason)",
            ])
    }

    func parked(_ id: SessionID, _ parking: Parking) {
        logger.report(
            .warning, parking.reason, "a session was parked; look at it and requeue or cancel it",
            metadata: ["reprise.session": "\(id)", "reprise.reason": "\(parking.detail)"])
    }

    func failed(_ error: RepriseError) {
    }
}
