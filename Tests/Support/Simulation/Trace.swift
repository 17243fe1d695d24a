/// The last things that happened, for whoever reads a failure. Off while schedules are run by the
/// thousand: a failing one is run again with the trace on.
package final class Trace {
    private var lines: [String] = []
    private let isOn: Bool
    private let limit: Int

    package init(isOn: Bool, limit: Int = 400) {
        self.isOn = isOn
        self.limit = limit
    }

    package func note(_ line: @autoclosure () -> String) {
        guard isOn else { return }
        lines.append(line())
        if lines.count > 2 * limit { lines.removeFirst(lines.count - limit) }
    }

    package var tail: [String] { Array(lines.suffix(limit)) }
}
