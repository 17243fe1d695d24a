internal import Model
internal import Sessions

/// Somebody who opens one session at one node and works on it, or dies on the way.
struct Client {
    enum State {
        case ready
        case waiting
        case gone
    }

    let index: Int
    let id: SessionID
    let kind: Kind
    let node: Int
    let partition: Int
    let firstRecord: [UInt8]
    var state = State.ready
    var isOpen = false
    var operationsLeft: Int
    /// How it ends when it has done its operations.
    var ending: Ending

    enum Ending: CaseIterable {
        case completes, closes, dies
    }

    init(_ index: Int, scenario: Scenario, dice: inout Dice) {
        self.index = index
        id = SessionID(high: dice.bits(), low: dice.bits())
        kind = dice.percent(4) ? Scenario.orphan : dice.pick(Scenario.kinds)
        node = dice.within(0...(scenario.nodes - 1))
        partition = scenario.isMirrored ? dice.within(0...(scenario.partitions - 1)) : 0
        firstRecord = [UInt8(index), 0]
        operationsLeft = dice.percent(20) ? dice.within(5...12) : dice.within(0...4)
        ending = dice.percent(50) ? .completes : dice.pick(Ending.allCases)
    }

    /// The next thing it asks for; nil when it just stops.
    mutating func next(_ dice: inout Dice) -> Operation? {
        guard isOpen else { return .open }
        guard operationsLeft > 0 else {
            switch ending {
            case .completes: return .complete
            case .closes: return .close(after: dice.pick([nil, 0, 30, 200]))
            case .dies:
                state = .gone
                return nil
            }
        }
        operationsLeft -= 1
        var record = [UInt8(index), UInt8(operationsLeft + 1), UInt8(dice.within(0...255))]
        record += [UInt8](repeating: 0xC, count: dice.pick([0, 0, 20, 40]))
        switch dice.within(0...5) {
        case 0: return .replace(record)
        case 1, 2: return .extend
        default: return .append(record)
        }
    }
}
