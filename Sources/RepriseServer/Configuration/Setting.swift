internal import Model

/// One row of the table of settings: everything there is to know about a key.
struct Setting<Root>: Sendable {
    var name: String
    var form: SettingForm
    /// As it would be written; empty when there is none.
    var standard: String
    var description: String
    /// Never shown in a message.
    var isSecret = false
    /// Refused in a file and on the command line, where others could read it.
    var isEnvironmentOnly = false
    /// False when the text is not allowed.
    var assign: @Sendable (inout Root, String) -> Bool
}

// Rows by the type of what they set. The standard value is read from a fresh root, so that the
// reference cannot disagree with the code.
extension Setting {
    typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable

    static func text(
        _ name: String, _ path: Path<String>, of root: Root, allowed: String, _ description: String,
        check: @escaping @Sendable (String) -> Bool
    ) -> Setting {
        Setting(
            name: name, form: .text(allowed), standard: root[keyPath: path],
            description: description
        ) { root, text in
            guard check(text) else { return false }
            root[keyPath: path] = text
            return true
        }
    }

    /// Nothing unless it is set.
    static func optional(
        _ name: String, _ path: Path<String?>, allowed: String, _ description: String,
        check: @escaping @Sendable (String) -> Bool
    ) -> Setting {
        Setting(name: name, form: .text(allowed), standard: "", description: description) {
            root, text in
            guard check(text) else { return false }
            root[keyPath: path] = text
            return true
        }
    }

    static func integer<Number: FixedWidthInteger & Sendable>(
        _ name: String, _ path: Path<Number>, of root: Root, _ range: ClosedRange<Int>,
        _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .integer(range), standard: String(root[keyPath: path]),
            description: description
        ) { root, text in
            guard let value = Int(text), range.contains(value) else { return false }
            root[keyPath: path] = Number(clamping: value)
            return true
        }
    }

    static func number(
        _ name: String, _ path: Path<Double>, of root: Root, _ range: ClosedRange<Double>,
        _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .number(range),
            standard: ExpositionText.number(root[keyPath: path]), description: description
        ) { root, text in
            guard let value = Double(text), range.contains(value) else { return false }
            root[keyPath: path] = value
            return true
        }
    }

    static func duration(
        _ name: String, _ path: Path<Milliseconds>, of root: Root,
        _ range: ClosedRange<Milliseconds>, _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .duration(range), standard: Units.duration(root[keyPath: path]),
            description: description
        ) { root, text in
            guard let value = Units.milliseconds(text), range.contains(value) else { return false }
            root[keyPath: path] = value
            return true
        }
    }

    static func bytes(
        _ name: String, _ path: Path<Int>, of root: Root, _ range: ClosedRange<Int>,
        _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .bytes(range), standard: Units.bytes(root[keyPath: path]),
            description: description
        ) { root, text in
            guard let value = Units.byteCount(text), range.contains(value) else { return false }
            root[keyPath: path] = value
            return true
        }
    }

    static func boolean(
        _ name: String, _ path: Path<Bool>, of root: Root, _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .boolean, standard: String(root[keyPath: path]),
            description: description
        ) { root, text in
            guard let value = Bool(text) else { return false }
            root[keyPath: path] = value
            return true
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Choice>, of root: Root, _ description: String
    ) -> Setting {
        Setting(
            name: name, form: .choice(Choice.allCases.map(\.rawValue)),
            standard: root[keyPath: path].rawValue, description: description
        ) { root, text in
            guard let value = Choice(rawValue: text) else { return false }
            root[keyPath: path] = value
            return true
        }
    }
}
