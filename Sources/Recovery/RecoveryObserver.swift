package import Model
package import Sessions

/// Hears of what recovery does, for metrics, logs and traces. Called on recovery's own threads:
/// be brief.
package protocol RecoveryObserver: Sendable {
    func started(_ session: Session, _ run: Run)
    func ended(_ session: Session, _ run: Run, _ outcome: HandlerOutcome)
    func parked(_ id: SessionID, _ parking: Parking)
    func failed(_ error: RepriseError)
}
