internal import Foundation
internal import Reprise
internal import RepriseServer

/// Looks a process's surroundings over before it starts, or while it runs. Changes nothing.
struct Doctor {
    let settings: Settings
    /// Other nodes and workers.
    let peers: [String]
    var instruments = Instruments.real

    func run() async -> Examination {
        let secrets = SecretChecks(settings: settings)
        var checks = [Self.configuration(settings), secrets.run(), secrets.certificate()]
        let own: OwnProcess
        do throws(RepriseError) {
            let address = try NodeAddress.url(of: settings.server)
            own = await OwnProcess(at: source(address))
            checks.append(own.diagnosis(address, name: settings.reprise.node))
        } catch {
            own = .absent
            checks.append(Diagnosis("process", "server.port is 0: not looked for"))
        }
        checks += DiskChecks(
            journal: settings.reprise.journal, instruments: instruments, own: own
        ).run()
        checks += await KafkaChecks(configuration: settings.reprise, instruments: instruments).run()
        checks += await ClockCheck(
            configuration: settings.reprise, peers: peers.map { source($0) },
            clock: instruments.clock
        ).run()
        checks += await HandlerChecks(settings: settings).run()
        return Examination(checks: checks)
    }

    private func source(_ url: String) -> NodeSource {
        NodeSource(url: url, token: settings.server.token)
    }

    private static func configuration(_ settings: Settings) -> Diagnosis {
        let kinds = settings.reprise.kinds.keys.map(\.name).sorted().joined(separator: ", ")
        return Diagnosis(
            "settings", "kinds: \(kinds.isEmpty ? "none" : kinds)",
            settings.warnings.map { .warning(.configuration, $0, cure: "Mend or remove it.") })
    }

    /// Where the settings cannot be read, nothing else can be looked at.
    static func unreadable(_ error: RepriseError) -> Examination {
        Examination(checks: [
            Diagnosis(
                "settings", "cannot be used; nothing else was looked at",
                [
                    .fault(
                        error.code, error.message,
                        cure:
                            "Mend each line; 'reprise config reference' has every key with its range."
                    )
                ])
        ])
    }
}
