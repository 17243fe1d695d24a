import Foundation
import Model
import RepriseServer
import TestSupport
import Testing

@testable import RepriseCommand

@Suite(.timeLimit(.minutes(5))) struct ExitStatusTests {
    @Test func `a wrong command is 64`() async {
        #expect(await Ran.reprise("kinds", "pause").status == 64)
        #expect(await Ran.reprise("nonsense").status == 64)
        #expect(await Ran.reprise("kinds", "pause", "no kind").status == 64)
        #expect(await Ran.reprise("sessions", "list", "--limit=-1").status == 64)
        let id = "01890a5d-ac96-774b-bcce-b302099a8057"
        for after in ["-1", "9223372036854776"] {
            let ran = await Ran.reprise("sessions", "requeue", id, "--after=\(after)")
            #expect(ran.status == 64)
        }
    }

    @Test func `help is 0 and tells the statuses`() async {
        let ran = await Ran.reprise("--help")
        #expect(ran.status == 0)
        #expect(ran.error.contains("Exit status: 0 done; 1"))
    }

    @Test func `nobody there is 69`() async throws {
        // Nobody listens on the port of a node that has stopped.
        let url = Probe("")
        try await ServedNode.with { node in url.update { $0 = node.url } }
        let ran = await Ran.reprise("status", "--url", url.read { $0 })
        #expect(ran.status == 69)
        #expect(ran.error.contains("does not answer"))
    }

    @Test func `without a token it is 77, with the token it is done`() async throws {
        let text = "0123456789abcdef0123456789abcdef"
        try await ServedNode.with(token: try AccessToken(text)) { node in
            let refused = await node.run("status")
            #expect(refused.status == 77)
            #expect(refused.error.hasPrefix("unauthorized: "))
            let file = node.directory.path + "/token"
            try Data(text.utf8).write(to: URL(filePath: file))
            let allowed = await node.run("status", "--set", "server.tokenFile=\(file)")
            #expect(allowed.status == 0, "\(allowed.error)")
        }
    }

    @Test func `wrong settings are 78`() async {
        let ran = await Ran.reprise("status", "--set", "server.port=seven")
        #expect(ran.status == 78)
        #expect(ran.error.contains("server.port"))
    }

    @Test func `a process of the settings is asked at an address that can be reached`() throws {
        var settings = try Settings.load(file: nil, environment: [:])
        #expect(try NodeAddress.url(of: settings) == "http://127.0.0.1:7171")
        settings.server.host = "0.0.0.0"
        #expect(try NodeAddress.url(of: settings) == "http://127.0.0.1:7171")
        settings.server.host = "::"
        #expect(try NodeAddress.url(of: settings) == "http://[::1]:7171")
        settings.server.host = "fe80::1"
        #expect(try NodeAddress.url(of: settings) == "http://[fe80::1]:7171")
        settings.server.port = 0
        #expect(throws: RepriseError.self) { try NodeAddress.url(of: settings) }
        settings.client.url = "https://node.example:7171/"
        #expect(try NodeAddress.url(of: settings) == "https://node.example:7171")
    }
}
