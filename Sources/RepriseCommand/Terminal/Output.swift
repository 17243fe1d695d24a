/// Where commands write what they have found. Tests listen.
enum Output {
    @TaskLocal static var sink: @Sendable (String) -> Void = { print($0) }

    /// Writes whole lines.
    static func write(_ text: String) { sink(text) }
}
