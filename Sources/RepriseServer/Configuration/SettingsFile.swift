internal import Model
internal import Yams

/// Reads a configuration file into a flat list. JSON is YAML, too.
enum SettingsFile {
    /// Throws `configuration` with the path and what is wrong, with its line.
    static func read(_ path: String) throws(RepriseError) -> [RawSetting] {
        let text = try TextFile.read(path)
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
}
