internal import Foundation
internal import Model
internal import Sessions

/// A request to requeue one, edited or as it is.
struct RequeueFields: Decodable {
    static let names: Set<String> = ["afterMs", "records"]

    var afterMs: Delay?
    var records: [Data]?
}

struct DeadLettersBody: Encodable {
    var deadLetters: [SessionBody]
    var next: String?

    init(_ page: SessionPage) {
        deadLetters = page.sessions.map { SessionBody(summary: $0) }
        next = page.next?.description
    }
}
