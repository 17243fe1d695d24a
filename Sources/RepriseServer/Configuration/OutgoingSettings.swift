// The settings of what a process sends, `outgoing.…`.

extension SettingsTable {
    static var outgoing: [Setting<SettingsDraft>] {
        [
            .optional(
                "outgoing.caFile", \.caFile, allowed: "a path",
                "Certificates in PEM of the authorities that may vouch for handlers with https, "
                    + "instead of the system's.",
                check: { !$0.isEmpty }),
            .optional(
                "outgoing.signingSecretFile", \.signingSecretFile, allowed: "a path",
                "File with the secret that requests to handlers are signed with: 32 or more "
                    + "visible characters; several, a line each, while one replaces another. See "
                    + "schemas/signatures.md.",
                check: { !$0.isEmpty }),
            Setting(
                name: "outgoing.signingSecret", form: .text("32 or more visible characters"),
                standard: "",
                description: "The secret itself, where a file is not to be had.", isSecret: true,
                isEnvironmentOnly: true
            ) { root, text in
                root.signingSecret = text
                return true
            },
        ]
    }
}
