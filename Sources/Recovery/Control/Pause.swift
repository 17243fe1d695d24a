public import Model

/// An operator's word that nothing of a kind is to be handed out. What runs goes on.
public struct Pause: Sendable, Hashable {
    /// When it was said, by the clock of this process.
    public var since: Timestamp
    /// Who said it: the name of a token, never a token.
    public var by: String
    /// Why, for whoever finds the kind paused.
    public var reason: String

    /// Line breaks and tabs become spaces; what is longer than 1,024 bytes is cut.
    public init(since: Timestamp, by: String, reason: String) {
        self.since = since
        self.by = Pause.line(by)
        self.reason = Pause.line(reason)
    }

    private static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < 1_020 else { break }
            line.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return line
    }
}
