internal import Logging
internal import Model

/// What operators do is written to the log, with who did it.
enum OperatorLog {
    /// `action` is a route's name: nothing that a caller could choose freely goes into the line.
    static func note(
        _ action: String, session: SessionID?, by caller: Caller, status: Int, to logger: Logger
    ) {
        var metadata: Logger.Metadata = [
            "reprise.caller": "\(caller.name)", "reprise.action": "\(action)",
            "reprise.http.status": "\(status)",
        ]
        if let session { metadata["reprise.session"] = "\(session)" }
        logger.notice("an operator asked for a change", metadata: metadata)
    }
}
