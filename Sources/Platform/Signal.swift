internal import CPlatform

/// Wakes threads that wait for something to change. A waiter notes `count`, looks whether there is
/// work, and if not waits until the count is another: a change in between is never missed.
///
/// `notify` costs two atomic operations while nobody sleeps.
// Unchecked: both pointers are touched through sequentially consistent C atomics only.
package final class Signal: @unchecked Sendable {
    private let word: UnsafeMutablePointer<UInt32>
    private let sleepers: UnsafeMutablePointer<UInt32>

    package init() {
        word = .allocate(capacity: 1)
        word.initialize(to: 0)
        sleepers = .allocate(capacity: 1)
        sleepers.initialize(to: 0)
    }

    deinit {
        word.deallocate()
        sleepers.deallocate()
    }

    package var count: UInt32 { reprise_word_load(word) }

    package func notify() {
        reprise_word_add(word, 1)
        if reprise_word_load(sleepers) > 0 { reprise_futex_wake(word, .max) }
    }

    /// Returns when the count is no longer `seen`, or after `nanoseconds` (negative: never). Looks
    /// `spins` times before it sleeps; true when the change came while it still looked.
    @discardableResult
    package func wait(whileCountIs seen: UInt32, spins: Int = 0, nanoseconds: Int64 = -1) -> Bool {
        for _ in 0..<spins {
            if count != seen { return true }
            reprise_spin_pause()
        }
        reprise_word_add(sleepers, 1)
        while count == seen {
            reprise_futex_wait(word, seen, nanoseconds)
            if nanoseconds >= 0 { break }
        }
        reprise_word_add(sleepers, .max)  // minus one
        return false
    }
}
