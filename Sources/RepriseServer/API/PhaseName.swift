public import Model

/// A phase without what belongs to it.
public enum PhaseName: String, Sendable, Hashable, CaseIterable {
    case open, waiting, running, parked

    public init(_ phase: Phase) {
        switch phase {
        case .open: self = .open
        case .waiting: self = .waiting
        case .running: self = .running
        case .parked: self = .parked
        }
    }
}
