/// What the diaries of tellers and clerks say so far.
struct TransferProgress: Sendable {
    var begun: Set<Int> = []
    /// The transaction of each transfer that had one.
    var transactions: [Int: String] = [:]
    /// What tellers were told.
    var committed: Set<Int> = []
    var rolledBack: Set<Int> = []
    var inDoubt: Set<Int> = []
    var receiptAttempts = 0
    /// Tellers without anything left to do.
    var idle: Set<Int> = []

    init() {}

    init(_ world: World) {
        for number in 0..<World.tellers {
            read(Diary.read(Teller.diary(number, in: world)), number)
        }
        for number in 0..<World.clerks {
            receiptAttempts += Diary.read(Clerk.diary(number, in: world)).count
        }
    }

    private mutating func read(_ lines: [[Substring]], _ teller: Int) {
        for words in lines {
            if words.first == "idle" { idle.insert(teller) }
            guard words.count > 1, let index = Int(words[1]) else { continue }
            switch words[0] {
            case "began": begun.insert(index)
            case "as": transactions[index] = words.count > 2 ? String(words[2]) : nil
            case "committed": committed.insert(index)
            case "rolled-back": rolledBack.insert(index)
            case "in-doubt": inDoubt.insert(index)
            // It was killed, and goes on.
            case "started": idle.remove(teller)
            default: break
            }
        }
    }
}
