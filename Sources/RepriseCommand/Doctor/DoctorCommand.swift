internal import ArgumentParser
internal import Reprise
internal import RepriseServer

/// `reprise doctor`: what is wrong around a process, and what to do about it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong around a process, and say what to do.",
        discussion: """
            Run it on the machine of a node or worker, as the user that runs it, with the same \
            settings, before it starts or while it runs. Looks at the settings, files with secrets, \
            the journal's directory, its lock, room and forced writes, the broker, the client \
            library, the topics and their policies, the clocks of other nodes (--peer), and the \
            handlers. Changes nothing. Exit status 1 where there is a fault; warnings alone are 0.
            """)

    @OptionGroup var settings: SettingsOptions
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Another node or worker to compare clocks and names with.", valueName: "url"))
    var peer: [String] = []
    @OptionGroup var trust: TrustOptions
    @Flag(help: "Look at what a worker needs: no journal, but its checkpoints.")
    var worker = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let examination: Examination
        do {
            let loaded = trust.applied(to: try settings.load())
            try loaded.reprise.validate()
            examination = await Doctor(settings: loaded, peers: peer, isWorker: worker).run()
        } catch let error as RepriseError where error.code == .configuration {
            examination = Doctor.unreadable(error)
        }
        Output.write(json ? try JSONText.pretty(examination) : examination.text)
        if examination.hasFault { throw ExitStatus.trouble.exit }
    }
}
