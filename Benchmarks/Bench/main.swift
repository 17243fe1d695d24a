import Foundation

do {
    if CommandLine.arguments.count > 2, CommandLine.arguments[1] == ReplayChild.flag {
        try await ReplayChild.run(Array(CommandLine.arguments.dropFirst(2)))
        exit(0)
    }
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    try await Benchmarks.run(options)
} catch let misuse as Options.Misuse {
    FileHandle.standardError.write(Data("\(misuse.text)\n\(Options.usage)\n".utf8))
    exit(2)
} catch {
    FileHandle.standardError.write(Data("reprise-bench: \(error)\n".utf8))
    exit(1)
}
