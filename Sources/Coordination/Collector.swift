public import Model
internal import Synchronization

/// Gathers elements under a name while a transaction runs, and has them processed once, together.
///
/// Outside of a transaction each element is processed at once, alone.
public struct Collector<Element: Sendable>: Sendable {
    public typealias Moment = CollectorMoment

    public let name: String
    public let moment: Moment
    public let order: Int
    let key: (@Sendable (Element) -> AnyHashable)?
    let process: @Sendable ([Element]) async throws -> Void

    /// Every element, in the order in which they came.
    public static func list(
        _ name: String, _ moment: Moment, order: Int = 0,
        _ process: @escaping @Sendable ([Element]) async throws -> Void
    ) -> Collector {
        Collector(name: name, moment: moment, order: order, key: nil, process: process)
    }
}

/// When collected elements are processed.
public enum CollectorMoment: Sendable, Hashable {
    /// Inside the transaction: an error rolls it back.
    case beforeCommit
    /// In this process after the commit, best effort.
    case afterCommit
}

extension Collector where Element: Hashable {
    /// Equal elements once, in the order in which they came first.
    public static func set(
        _ name: String, _ moment: Moment, order: Int = 0,
        _ process: @escaping @Sendable ([Element]) async throws -> Void
    ) -> Collector {
        Collector(
            name: name, moment: moment, order: order, key: { AnyHashable($0) }, process: process)
    }
}

/// What a transaction has collected so far, whatever the elements are.
protocol AnyCollection: Sendable {}

struct Collected<Element: Sendable>: AnyCollection, @unchecked Sendable {
    // Unchecked for `AnyHashable`, which holds values of the Sendable element type only.
    var elements: [Element] = []
    var keys: Set<AnyHashable> = []

    mutating func add(_ element: Element, _ key: (@Sendable (Element) -> AnyHashable)?) {
        if let key, !keys.insert(key(element)).inserted { return }
        elements.append(element)
    }
}

extension Transaction {
    /// Adds `element` to what `collector` gathers in this transaction.
    ///
    /// - Throws: `transactionNotActive`; `invalidRequest` where the name is taken by a collector of
    ///   other elements.
    public func collect<Element>(
        _ element: Element, into collector: Collector<Element>
    ) throws(RepriseError) {
        try checkActive()
        let isFirst = state.withLock { state -> Bool? in
            let found = state.collectors[collector.name]
            guard found == nil || found is Collected<Element> else { return nil }
            var collected = found as? Collected<Element> ?? Collected<Element>()
            let isFirst = collected.elements.isEmpty
            collected.add(element, collector.key)
            state.collectors[collector.name] = collected
            return isFirst
        }
        guard let isFirst else {
            throw RepriseError(
                .invalidRequest,
                "The collector \(collector.name) gathers elements of another type.")
        }
        guard isFirst else { return }
        let action: Action = { [self] in
            let elements = take(collector)
            if !elements.isEmpty { try await collector.process(elements) }
        }
        switch collector.moment {
        case .beforeCommit: try beforeCommit(order: collector.order, action)
        case .afterCommit: try afterCommit(order: collector.order, action)
        }
    }

    /// Taken, so that what is collected meanwhile is processed in another round.
    private func take<Element>(_ collector: Collector<Element>) -> [Element] {
        state.withLock { state in
            let collected = state.collectors.removeValue(forKey: collector.name)
            return (collected as? Collected<Element>)?.elements ?? []
        }
    }
}
