/// The first thing that went wrong in a schedule.
final class Findings {
    private(set) var first: Violation?

    func fail(_ property: Property, _ detail: @autoclosure () -> String) {
        if first == nil { first = Violation(property: property, detail: detail()) }
    }

    func require(_ holds: Bool, _ property: Property, _ detail: @autoclosure () -> String) {
        if !holds { fail(property, detail()) }
    }
}
