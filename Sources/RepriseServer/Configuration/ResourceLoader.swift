internal import Model
internal import ReprisePostgres

/// Collects the settings of resources by name, and reads their connection strings.
struct ResourceLoader {
    private(set) var drafts: [String: ResourceDraft] = [:]

    mutating func declare(_ name: String) {
        drafts[name] = drafts[name] ?? ResourceDraft()
    }

    mutating func set(_ name: String, _ draft: ResourceDraft) { drafts[name] = draft }

    /// Variables that hold connection strings.
    var variables: Set<String> { Set(drafts.values.compactMap(\.connectionVariable)) }

    /// The resources in order of their names; what is wrong goes to `note`.
    func finish(
        _ environment: [String: String], note: (String) -> Void
    ) -> [ResourceSettings] {
        drafts.sorted { $0.key < $1.key }.compactMap { name, draft in
            do throws(RepriseError) {
                return try ResourceLoader.settings(name, draft, environment)
            } catch {
                note(error.message)
                return nil
            }
        }
    }

    private static func settings(
        _ name: String, _ draft: ResourceDraft, _ environment: [String: String]
    ) throws(RepriseError) -> ResourceSettings {
        var settings = ResourceSettings(
            name: name, connection: PostgresConnectionString(try text(name, draft, environment)))
        settings.participation = draft.participation
        settings.schema = draft.schema
        settings.connections = draft.connections
        // Only to see whether the string can be read: nothing is connected to.
        _ = try settings.resource()
        return settings
    }

    private static func text(
        _ name: String, _ draft: ResourceDraft, _ environment: [String: String]
    ) throws(RepriseError) -> String {
        let place = "transactions.resources.\(name)"
        switch (draft.connectionFile, draft.connectionVariable) {
        case (let path?, nil):
            return try TextFile.read(path).trimmingLines
        case (nil, let variable?):
            guard let text = environment[variable], !text.isEmpty else {
                throw RepriseError(
                    .configuration,
                    "\(place).connectionVariable: the environment variable \(variable.prefix(100)) "
                        + "is not set.")
            }
            return text
        default:
            throw RepriseError(
                .configuration,
                "\(place): set one of connectionFile and connectionVariable to say where the "
                    + "database is.")
        }
    }
}

extension String {
    /// Without what an editor puts at the end of a file.
    fileprivate var trimmingLines: String {
        String(reversed().drop { $0.isNewline || $0 == " " }.reversed())
    }
}
