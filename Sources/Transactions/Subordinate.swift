/// A participant's part of another process's transaction, as its superior deals with it: requests that
/// work in it, then a vote, then the decision. A value with total functions; every refusal is an answer.
///
/// It never ends by itself once it has voted `prepared`, and never votes while a request is still at
/// work in it.
public struct Subordinate: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable {
        /// Requests come and go.
        case active
        /// Will be rolled back when the last request has left.
        case leaving
        case preparing
        /// Voted, and waits for the superior's decision, however long.
        case prepared
        /// The superior left the decision to it.
        case committing
        case rollingBack
        case ended
    }

    /// What is to be done for a verb.
    public enum Step: Sendable, Hashable {
        /// Begin the work that the verb asks for.
        case begin
        /// It is under way: answer when it is done.
        case wait
        /// Nothing is to be done: it is as the verb wants it.
        case done
        /// The branch is prepared, and obeys.
        case obey
        /// A request is still at work: it is rolled back after the last one.
        case later
        case refuse
    }

    public private(set) var phase = Phase.active
    /// Requests that are at work in it.
    public private(set) var running = 0
    /// Requests so far: whether it was idle between two looks.
    public private(set) var entered: UInt64 = 0

    public init() {}

    // MARK: Requests

    /// False where it is too late for work.
    public mutating func enter() -> Bool {
        guard phase == .active else { return false }
        running += 1
        entered &+= 1
        return true
    }

    /// True where the rollback that was put off must begin now.
    public mutating func leave() -> Bool {
        running = max(0, running - 1)
        guard phase == .leaving, running == 0 else { return false }
        phase = .rollingBack
        return true
    }

    // MARK: Verbs

    public mutating func prepare() -> Step {
        switch phase {
        case .active where running == 0:
            phase = .preparing
            return .begin
        case .active:
            // Whoever asks has given up waiting for an answer that is still being worked on.
            phase = .leaving
            return .refuse
        case .preparing: return .wait
        case .prepared: return .done
        case .leaving, .committing, .rollingBack, .ended: return .refuse
        }
    }

    public mutating func commitOnePhase() -> Step {
        switch phase {
        case .active where running == 0:
            phase = .committing
            return .begin
        case .active:
            phase = .leaving
            return .refuse
        case .committing: return .wait
        case .leaving, .preparing, .prepared, .rollingBack, .ended: return .refuse
        }
    }

    /// The superior has decided to commit.
    public mutating func commit() -> Step {
        switch phase {
        case .prepared: return .obey
        // It would not say so before the vote. A branch that only begins is what a late request made
        // of one that has ended long ago.
        case .active, .leaving, .rollingBack, .ended: return .done
        case .preparing, .committing: return .refuse
        }
    }

    /// The superior has decided to roll back, or does not care.
    public mutating func rollBack() -> Step {
        switch phase {
        case .active where running == 0:
            phase = .rollingBack
            return .begin
        case .active, .leaving:
            phase = .leaving
            return .later
        case .preparing, .prepared: return .obey
        case .committing: return .refuse
        case .rollingBack: return .wait
        case .ended: return .done
        }
    }

    // MARK: What came of it

    public mutating func voted() {
        if phase == .preparing { phase = .prepared }
    }

    public mutating func end() { phase = .ended }

    /// A look at one that nothing was heard of: true where it is to be rolled back now. `answer` is
    /// nil where the superior could not be asked; `wasIdle` where no request came since the last look.
    public mutating func neglected(
        _ answer: SuperiorAnswer?, wasIdle: Bool, isOverdue: Bool
    ) -> Bool {
        guard phase == .active, running == 0, wasIdle else { return false }
        // An unprepared one is free to give up; it does so when nobody will come for it any more.
        guard answer == .rolledBack || answer == .committed || isOverdue else { return false }
        phase = .rollingBack
        return true
    }

    /// The last request has left nothing behind: true where it is dropped.
    public mutating func dropIfIdle() -> Bool {
        guard phase == .active, running == 0 else { return false }
        phase = .ended
        return true
    }
}
