internal import Synchronization

/// The random bits of ids. Seeded by the operating system once: to ask it for each id would cost more
/// than the rest of a transaction's beginning.
final class IDSource: Sendable {
    /// Two generators of 64 bits each (SplitMix64), so that processes share no sequence.
    private let state: Mutex<(UInt64, UInt64)>

    init() {
        state = Mutex((.random(in: .min ... .max), .random(in: .min ... .max)))
    }

    func next() -> (UInt64, UInt64) {
        state.withLock { state in
            (IDSource.step(&state.0), IDSource.step(&state.1))
        }
    }

    private static func step(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
