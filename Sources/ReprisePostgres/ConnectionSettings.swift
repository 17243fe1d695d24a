internal import CPostgres
internal import Model

/// The parameters of a connection, complete, in the order in which libpq takes them: of a repeated
/// one the last counts. Holds secrets; never print it.
struct ConnectionSettings: Sendable {
    let resource: String
    let limits: PostgresLimits
    let keywords: [String]
    let values: [String]

    /// - Throws: `configuration` where the string is none that libpq can read.
    init(
        _ connection: PostgresConnectionString, resource: String, limits: PostgresLimits
    ) throws(RepriseError) {
        self.resource = resource
        self.limits = limits
        // libpq gives up on hosts that do not answer only after many minutes by itself.
        var pairs: [(String, String)] = [
            ("keepalives_idle", "30"), ("keepalives_interval", "5"), ("keepalives_count", "4"),
            ("tcp_user_timeout", "30000"),
            ("fallback_application_name", "reprise \(resource)"),
        ]
        let given = try ConnectionSettings.parse(connection, resource)
        pairs += given
        let options = [
            "-c statement_timeout=\(max(1, limits.statement.roundedUpMilliseconds))",
            "-c idle_in_transaction_session_timeout="
                + "\(max(1, limits.idleInTransaction.roundedUpMilliseconds))",
            given.last { $0.0 == "options" }?.1,
        ]
        pairs += [
            ("options", options.compactMap { $0 }.joined(separator: " ")),
            ("client_encoding", "UTF8"),
        ]
        keywords = pairs.map(\.0)
        values = pairs.map(\.1)
    }

    private static func parse(
        _ connection: PostgresConnectionString, _ resource: String
    ) throws(RepriseError) -> [(String, String)] {
        var complaint: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(connection.text, &complaint)
        // The complaint quotes the string, which may hold a password: it goes nowhere.
        if let complaint { PQfreemem(complaint) }
        guard let options else {
            throw RepriseError(
                .configuration,
                "The connection string of the resource \(resource) cannot be read. Write"
                    + " key='value' pairs or a postgresql:// URI, as libpq takes them.")
        }
        defer { PQconninfoFree(options) }
        var pairs: [(String, String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                pairs.append((String(cString: keyword), String(cString: value)))
            }
            option += 1
        }
        return pairs
    }
}
