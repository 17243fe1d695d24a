internal import Model
internal import Yams

/// Reads a configuration file, YAML or (`.json`) JSON, into a flat list.
enum SettingsFile {
    /// Throws `configuration` with the path and what is wrong, with its line.
    static func read(_ path: String) throws(RepriseError) -> [RawSetting] {
        let text = try TextFile.read(path)
        if path.lowercased().hasSuffix(".json") { return try readJSON(text, path) }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw RepriseError(
                .configuration, "\(path) is not YAML.", cause: "\(error)")
        }
        guard let node, node.null == nil || node.mapping != nil else { return [] }
        guard node.mapping != nil else {
            throw RepriseError(
                .configuration, "\(path) holds no keys. Write them as key: value.")
        }
        var settings: [RawSetting] = []
        flatten(node, [], path, into: &settings)
        return settings
    }

    private static func flatten(
        _ node: Node, _ key: [String], _ path: String, into settings: inout [RawSetting]
    ) {
        let origin = RawSetting.Origin.file(path, line: node.mark?.line ?? 0)
        switch node {
        case .mapping(let mapping):
            if mapping.isEmpty {
                settings.append(RawSetting(key: key, value: .nothing, origin: origin))
            }
            for (name, value) in mapping {
                flatten(value, key + [name.string ?? "?"], path, into: &settings)
            }
        case .scalar(let scalar):
            let value: RawSetting.Value = node.null == nil ? .text(scalar.string) : .nothing
            settings.append(RawSetting(key: key, value: value, origin: origin))
        case .sequence, .alias:
            settings.append(RawSetting(key: key, value: .list, origin: origin))
        }
    }

    private static func readJSON(_ text: String, _ path: String) throws(RepriseError)
        -> [RawSetting]
    {
        let bytes = Array(text.utf8)
        let json: JSON
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw RepriseError(.configuration, "\(path) is not JSON: \(error).")
        }
        guard json.members != nil else {
            throw RepriseError(.configuration, "\(path) holds \(json.noun), not an object.")
        }
        var settings: [RawSetting] = []
        flatten(json, [], path, bytes, into: &settings)
        return settings
    }

    private static func flatten(
        _ json: JSON, _ key: [String], _ path: String, _ bytes: [UInt8],
        into settings: inout [RawSetting]
    ) {
        let line = bytes[..<json.range.lowerBound].reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let origin = RawSetting.Origin.file(path, line: line)
        let value: RawSetting.Value
        switch json.value {
        case .object(let members) where !members.isEmpty:
            for member in members {
                flatten(member.value, key + [member.name], path, bytes, into: &settings)
            }
            return
        case .null, .object: value = .nothing
        case .array: value = .list
        case .string(let text), .number(let text): value = .text(text)
        case .boolean(let flag): value = .text(String(flag))
        }
        settings.append(RawSetting(key: key, value: value, origin: origin))
    }
}
