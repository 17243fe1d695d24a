internal import Glibc

/// What the diaries say so far.
struct Progress: Sendable {
    var begun = 0
    /// The node acknowledged their session.
    var opened: Set<Int> = []
    var completed: Set<Int> = []
    var left = 0
    var settled: Set<Int> = []
    var attempts = 0
    var mostAttempts = 0

    init() {}

    init(_ world: World) {
        for number in 0..<World.clients {
            for words in Diary.read(SignUpClient.diary(number, in: world)) {
                switch words.first {
                case "began": begun += 1
                case "opened": if let index = Int(words[1]) { opened.insert(index) }
                case "completed": if let index = Int(words[1]) { completed.insert(index) }
                case "left": left += 1
                default: break
                }
            }
        }
        for words in Diary.read(world.path("handler.diary")) {
            switch words.first {
            case "attempt":
                attempts += 1
                mostAttempts = max(mostAttempts, Int(words[2]) ?? 0)
            case "settled": if let index = Int(words[1]) { settled.insert(index) }
            default: break
            }
        }
    }
}

/// One line that changes on a terminal; a line every two seconds elsewhere.
struct ProgressLine {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    var elapsed: String { Self.seconds(ContinuousClock.now - start) }

    mutating func show(_ text: String) {
        let now = ContinuousClock.now
        if let last, now - last < (isTerminal ? .milliseconds(200) : .seconds(2)) { return }
        last = now
        write(isTerminal ? "\r\u{1B}[K\(elapsed) \(text)" : "\(elapsed) \(text)\n")
    }

    /// A line that stays.
    mutating func say(_ text: String) {
        write(isTerminal ? "\r\u{1B}[K\(elapsed) \(text)\n" : "\(elapsed) \(text)\n")
    }

    /// Lines for people to keep.
    func show(report: String) { write("\(report)\n") }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDOUT_FILENO, bytes, bytes.count)
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths =
            duration.components.seconds * 10
            + duration.components.attoseconds / 100_000_000_000_000_000
        return "[\(tenths / 10).\(tenths % 10) s]"
    }
}
