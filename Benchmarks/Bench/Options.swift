/// What the command line asked for.
struct Options {
    /// Fewer rounds and shorter ones: the numbers are rougher.
    var isQuick = false
    var names: Set<String> = []
    /// On the disk that is to be measured.
    var directory = "/var/tmp"
    /// Brokers of the mirror's benchmark; empty starts the in-process mock.
    var brokers: [String] = []
    var rounds: Int { isQuick ? 5 : 7 }
    /// Seconds of one measurement.
    var seconds: Double { isQuick ? 0.3 : 1 }

    struct Misuse: Error {
        var text: String
    }

    init(_ arguments: [String]) throws {
        var rest = arguments.makeIterator()
        while let argument = rest.next() {
            switch argument {
            case "--quick": isQuick = true
            case "--directory", "--brokers":
                guard let value = rest.next() else {
                    throw Misuse(text: "\(argument) needs a value")
                }
                if argument == "--directory" {
                    directory = value
                } else {
                    brokers = value.split(separator: ",").map(String.init)
                }
            case _ where Benchmarks.names.contains(argument): names.insert(argument)
            default: throw Misuse(text: "not known: \(argument)")
            }
        }
    }

    static let usage = """
        usage: reprise-bench [--quick] [--directory DIR] [--brokers HOST:PORT,...] [NAME...]
        names: \(Benchmarks.names.joined(separator: " "))
        """
}
