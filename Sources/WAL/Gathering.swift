/// How long the writer waits for those whom it has just woken. Most of them append again at once, and
/// one forced write for all of them costs half of two for one half each. PostgreSQL's `commit_delay`
/// and `commit_siblings` do the same; here the wait is learned: it is bounded by a part of what the
/// last write took, and where nobody comes back it is left out for a while.
package struct Gathering: Sendable, Hashable {
    /// Fewer are not worth a wait: an idle or lightly used log adds no delay.
    package static let fewest = 8
    /// How many writes go without a wait after one that was in vain, doubled each time.
    private static let pauses = 4...1_024

    private var woken = 0
    private var took: UInt64 = 0
    private var pause = Gathering.pauses.lowerBound
    private var skips = 0

    package init() {}

    /// What to wait for: frames beyond those that are buffered, and for how long at most.
    package struct Wish: Sendable, Hashable {
        package var frames: Int
        package var nanoseconds: UInt64

        package init(frames: Int, nanoseconds: UInt64) {
            self.frames = frames
            self.nanoseconds = nanoseconds
        }
    }

    /// A write has woken so many waiters and took so long.
    package mutating func wrote(woken: Int, nanoseconds: UInt64) {
        self.woken = woken
        took = nanoseconds
    }

    /// Asked once after each write; nil where the next one is to begin at once.
    package mutating func wish() -> Wish? {
        defer { woken = 0 }
        guard woken >= Gathering.fewest else { return nil }
        guard skips == 0 else {
            skips -= 1
            return nil
        }
        // Nearly all: the last ones may have left for good.
        return Wish(frames: woken - woken / 8, nanoseconds: took / 2)
    }

    /// What came of it.
    package mutating func gathered(_ frames: Int, of wish: Wish) {
        guard frames < wish.frames / 2 else {
            pause = Gathering.pauses.lowerBound
            return
        }
        skips = pause
        pause = min(pause * 2, Gathering.pauses.upperBound)
    }
}
