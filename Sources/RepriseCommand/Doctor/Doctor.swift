internal import Foundation
internal import Reprise
internal import RepriseServer

/// Looks a process's surroundings over before it starts, or while it runs. Changes nothing.
struct Doctor {
    let settings: Settings
    /// Other nodes and workers.
    let peers: [String]
    /// A worker has no journal.
    var isWorker = false
    var instruments = Instruments.real

    func run() async -> Examination {
        var checks = [
            Self.configuration(settings), SecretChecks(settings: settings).run(),
            CertificateCheck(server: settings.server, clock: instruments.clock).run(),
        ]
        let (own, process) = await process()
        checks.append(process)
        if isWorker {
            checks.append(CheckpointCheck(recovery: settings.reprise.recovery).run())
        } else {
            checks += DiskChecks(
                journal: settings.reprise.journal, instruments: instruments, own: own
            ).run()
        }
        checks += await KafkaChecks(configuration: settings.reprise, instruments: instruments).run()
        checks += await ClockCheck(
            configuration: settings.reprise,
            peers: peers.compactMap { try? NodeSource(url: $0, settings) },
            clock: instruments.clock
        ).run()
        checks += await HandlerChecks(settings: settings).run()
        return Examination(checks: checks)
    }

    private func process() async -> (OwnProcess, Diagnosis) {
        guard let address = try? NodeAddress.url(of: settings) else {
            return (.absent, Diagnosis("process", "server.port is 0: not looked for"))
        }
        do throws(RepriseError) {
            let own = await OwnProcess(at: try NodeSource(url: address, settings))
            return (own, own.diagnosis(address, name: settings.reprise.node))
        } catch {
            let finding = Finding.fault(
                error.code, error.message,
                cure: "Name a file with certificates in client.caFile or --ca-file; peers were not "
                    + "asked either.")
            return (.absent, Diagnosis("process", "not asked", [finding]))
        }
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
