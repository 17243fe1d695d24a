/// What a process is told: words of the form `name=value`.
struct Setting {
    struct Missing: Error, CustomStringConvertible { let description: String }

    /// Of this process, and by which the next one knows it.
    var name: String
    var directory: String
    /// For libpq.
    var connection: String
    var servicePort: Int
    var apiPort: Int
    /// Where the service and the API of the next process answer.
    var next: (service: String, api: String)?
    /// The process that calls this one, and where its API answers.
    var superior: (name: String, api: String)?
    /// When this process dies by itself; nil where it does not.
    var death: Death?

    init(_ words: some Sequence<String>) throws {
        var values: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        func value(_ name: String) throws -> String {
            guard let value = values[name] else {
                throw Missing(description: "\(name)= is missing")
            }
            return value
        }
        name = try value("name")
        directory = try value("directory")
        connection = try value("connection")
        servicePort = Int(try value("service")) ?? 0
        apiPort = Int(try value("api")) ?? 0
        if let service = values["next-service"] { next = (service, try value("next-api")) }
        if let name = values["superior"] { superior = (name, try value("superior-api")) }
        death = values["dies"].flatMap { Death(rawValue: $0) }
    }
}

/// The moment at which a process kills itself: around a verb in its own database.
enum Death: String, CaseIterable {
    case beforePrepare, afterPrepare, beforeCommit, afterCommit
}
