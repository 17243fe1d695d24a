/// The reference of every setting, made from the table itself.
public enum SettingsReference {
    /// Markdown: what `reprise config reference` prints.
    public static var markdown: String {
        var text = """
            # Configuration reference

            Every setting, with its environment variable.

            ## Overview

            `reprise config reference` prints this page, from the table that the program itself reads \
            settings by. Command line (`--set key=value`) before environment before file before the default. A \
            file is YAML or JSON; dots are levels there. An unknown key is an error.

            """
        text += section("General", SettingsTable.general, prefix: "", hasVariable: true)
        text += section(
            "Every kind begins with", SettingsTable.kind, prefix: "defaults.", hasVariable: true)
        text += section(
            "One kind", SettingsTable.kind, prefix: "kinds.<kind>.", hasVariable: false)
        text += section(
            "One resource of transactions", SettingsTable.resource,
            prefix: "transactions.resources.<name>.", hasVariable: false)
        text += section(
            "One process that takes part in transactions", SettingsTable.peer,
            prefix: "transactions.participants.<name>.", hasVariable: false)
        text += section(
            "One process whose transactions this one takes part in", SettingsTable.peer,
            prefix: "transactions.coordinators.<name>.", hasVariable: false)
        text += """

            ### Kafka client

            `kafka.properties.<name>` hands a property to librdkafka, such as `security.protocol`. \
            As an environment variable `sasl.password` is `REPRISE_KAFKA_PROPERTIES_SASL_PASSWORD`. \
            Their values are treated as secrets.

            """
        return text
    }

    private static func section<Root>(
        _ title: String, _ settings: [Setting<Root>], prefix: String, hasVariable: Bool
    ) -> String {
        // Four columns are what a page has room for.
        var text = "\n### \(title)\n\n\(row(["key", "default", "type and range", "meaning"]))"
        text += "|---|---|---|---|\n"
        for setting in settings {
            let key = prefix + setting.name
            var name = "`\(key)`"
            if hasVariable { name += " `\(SettingsKey.environmentName(key))`" }
            let standard = setting.standard.isEmpty ? "none" : "`\(setting.standard)`"
            var meaning = setting.description
            if setting.isSecret { meaning += " Secret." }
            if setting.isEnvironmentOnly { meaning += " Environment only." }
            let cells = [
                name, setting.name == "node" ? "host name" : standard,
                "\(setting.form.noun): \(setting.form.allowed)", meaning,
            ]
            text += row(cells.map(escaped))
        }
        return text
    }

    private static func row(_ cells: [String]) -> String {
        "| \(cells.joined(separator: " | ")) |\n"
    }

    /// A bar would end the cell, and what stands in angle brackets outside of code would be taken
    /// for HTML.
    private static func escaped(_ cell: String) -> String {
        let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            let text = part.replacing("|", with: "\\|")
            return index.isMultiple(of: 2) ? text.replacing("<", with: "\\<") : text
        }.joined(separator: "`")
    }
}
