internal import Logging
internal import Metrics
internal import Model
internal import Recovery
internal import Sessions

/// Counts and logs what recovery does. Handles are made once; labels are kinds and outcomes.
struct RecoveryLog: RecoveryObserver {
    let logger: Logger

    func started(_ session: Session, _ run: Run) {
        Counter(
            label: "reprise_runs_started_total", dimensions: [("kind", session.kind.name)]
        ).increment()
    }

    func ended(_ session: Session, _ run: Run, _ outcome: HandlerOutcome) {
        Counter(
            label: "reprise_runs_ended_total",
            dimensions: [("kind", session.kind.name), ("outcome", outcome.name)]
        ).increment()
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
        Counter(
            label: "reprise_sessions_parked_total",
            dimensions: [("reason", parking.reason.rawValue)]
        ).increment()
        logger.warning(
            "a session was parked; look at it and requeue or cancel it",
            metadata: [
                "reprise.session": "\(id)", "reprise.error.code": "\(parking.reason.rawValue)",
                "reprise.reason": "\(parking.detail)",
            ])
    }

    func failed(_ error: RepriseError) {
        Counter(
            label: "reprise_recovery_errors_total", dimensions: [("code", error.code.rawValue)]
        ).increment()
    }
}
