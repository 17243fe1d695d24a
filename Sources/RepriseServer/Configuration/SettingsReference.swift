/// The reference of every setting, made from the table itself.
public enum SettingsReference {
    /// Markdown: what `reprise config reference` prints.
    public static var markdown: String {
        var text = """
            # Configuration

            Command line (`--set key=value`) before environment before file before the default. A \
            file is YAML or JSON; dots are levels there. An unknown key is an error.

            """
        text += section("General", SettingsTable.general, prefix: "", hasVariable: true)
        text += section(
            "Every kind begins with", SettingsTable.kind, prefix: "defaults.", hasVariable: true)
        text += section(
            "One kind", SettingsTable.kind, prefix: "kinds.<kind>.", hasVariable: false)
        text += """

            ## Kafka client

            `kafka.properties.<name>` hands a property to librdkafka, such as `security.protocol`. \
            As an environment variable `sasl.password` is `REPRISE_KAFKA_PROPERTIES_SASL_PASSWORD`. \
            Their values are treated as secrets.

            """
        return text
    }

    private static func section<Root>(
        _ title: String, _ settings: [Setting<Root>], prefix: String, hasVariable: Bool
    ) -> String {
        var text = "\n## \(title)\n\n| key | type | default | allowed | meaning |\n"
        text += "|---|---|---|---|---|\n"
        for setting in settings {
            let key = prefix + setting.name
            var cell = "`\(key)`"
            if hasVariable { cell += "<br>`\(SettingsKey.environmentName(key))`" }
            let standard = setting.standard.isEmpty ? "none" : "`\(setting.standard)`"
            var meaning = setting.description
            if setting.isSecret { meaning += " Secret." }
            if setting.isEnvironmentOnly { meaning += " Environment only." }
            text +=
                "| \(cell) | \(setting.form.noun) | \(setting.name == "node" ? "host name" : standard) "
            text += "| \(setting.form.allowed) | \(meaning) |\n"
        }
        return text
    }
}
