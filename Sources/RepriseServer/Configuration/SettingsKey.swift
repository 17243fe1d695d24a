/// Which row of the table a written key belongs to.
enum SettingsKey: Sendable, Hashable {
    case general(String)
    /// `defaults.…`, what every kind begins with.
    case standard(String)
    /// Without a key: the kind and nothing of it.
    case kind(String, String?)
    /// `kafka.properties.…`, handed to librdkafka.
    case property(String)
    /// Under a name of its own: the name, and the key of it.
    case named(SettingsGroup, String, String?)
    case unknown

    init(_ raw: RawSetting) {
        let name = raw.name
        if let property = SettingsKey.rest(of: name, after: "kafka.properties.") {
            self = .property(property)
        } else if let key = SettingsKey.rest(of: name, after: "defaults.") {
            self = .standard(key)
        } else if let key = SettingsKey.rest(of: name, after: "kinds.") {
            self = SettingsKey.kindKey(raw.key, key)
        } else if let key = SettingsKey.named(raw) {
            self = key
        } else {
            self = .general(name)
        }
    }

    /// As with kinds: a level in a file, and in one text whatever stands before a known key.
    private static func named(_ raw: RawSetting) -> SettingsKey? {
        for group in SettingsGroup.allCases {
            guard let text = rest(of: raw.name, after: group.rawValue + ".") else { continue }
            let levels = group.rawValue.split(separator: ".").map(String.init)
            if raw.key.count > levels.count, Array(raw.key.prefix(levels.count)) == levels {
                let key = raw.key[(levels.count + 1)...].joined(separator: ".")
                return .named(group, raw.key[levels.count], key.isEmpty ? nil : key)
            }
            for key in group.keys where text.hasSuffix("." + key) {
                return .named(group, String(text.dropLast(key.count + 1)), key)
            }
            return .unknown
        }
        return nil
    }

    /// In a file the kind is a level of its own. In one text its name, which may have dots, ends
    /// where a known key begins; the longest such key counts.
    private static func kindKey(_ parts: [String], _ text: String) -> SettingsKey {
        if parts.count >= 2, parts[0] == "kinds" {
            let key = parts[2...].joined(separator: ".")
            return .kind(parts[1], key.isEmpty ? nil : key)
        }
        let known = SettingsTable.kind.map(\.name).sorted { $0.count > $1.count }
        for key in known where text.hasSuffix("." + key) {
            return .kind(String(text.dropLast(key.count + 1)), key)
        }
        return .unknown
    }

    private static func rest(of name: String, after prefix: String) -> String? {
        name.hasPrefix(prefix) && name.count > prefix.count
            ? String(name.dropFirst(prefix.count)) : nil
    }

    // MARK: Names

    /// Every key that has a name of its own.
    static var all: [String] {
        SettingsTable.general.map(\.name) + SettingsTable.kind.map { "defaults.\($0.name)" }
    }

    /// Whether keys begin with this name; such a level may be empty in a file.
    static func isGroup(_ name: String) -> Bool {
        ["", "kinds", "defaults", "kafka.properties"].contains(name)
            || SettingsGroup(rawValue: name) != nil || all.contains { $0.hasPrefix(name + ".") }
    }

    /// `journal.maxBytes` is `REPRISE_JOURNAL_MAX_BYTES`.
    static func environmentName(_ key: String) -> String {
        var name = "REPRISE_"
        var wasLower = false
        for character in key {
            if character.isUppercase, wasLower { name += "_" }
            wasLower = character.isLowercase
            name += character == "." ? "_" : character.uppercased()
        }
        return name
    }

    /// Variables of ours that are no settings: where the file is, and what building and testing use.
    static let otherVariables: Set<String> = [
        "REPRISE_CONFIG", "REPRISE_PACKAGE", "REPRISE_TEST_BROKERS",
    ]

    /// The known key that looks most like what was written, if any does.
    static func nearest(to raw: RawSetting) -> String? {
        let name = raw.name
        let best = candidates(name).min { $0.distance < $1.distance }
        guard let best, best.distance <= max(2, name.count / 4) else { return nil }
        return best.key
    }

    private static func candidates(_ name: String) -> [(key: String, distance: Int)] {
        let parts = name.split(separator: ".")
        guard parts.first == "kinds", parts.count > 2 else {
            return all.map { ($0, EditDistance.between(name, $0)) }
        }
        // Whatever the kind is called: only what stands where the key would is compared.
        return SettingsTable.kind.map(\.name).compactMap { key in
            let length = key.split(separator: ".").count
            guard parts.count >= length + 2 else { return nil }
            let written = parts.suffix(length).joined(separator: ".")
            let kind = parts.dropFirst().dropLast(length).joined(separator: ".")
            return ("kinds.\(kind).\(key)", EditDistance.between(written, key))
        }
    }
}

/// How many letters must be added, dropped or changed to make one word of another. A word that was
/// only cut short is near.
enum EditDistance {
    static func between(_ left: String, _ right: String) -> Int {
        if left.count > 2, right.lowercased().hasPrefix(left.lowercased()) { return 1 }
        return letters(left, right)
    }

    private static func letters(_ left: String, _ right: String) -> Int {
        let columns = Array(right.lowercased())
        var row = Array(0...columns.count)
        for (line, letter) in left.lowercased().prefix(256).enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for (column, other) in columns.enumerated() {
                let above = row[column + 1]
                row[column + 1] = min(
                    above + 1, row[column] + 1, diagonal + (letter == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[columns.count]
    }
}
