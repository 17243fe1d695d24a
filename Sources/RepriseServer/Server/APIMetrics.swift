internal import HTTPTypes
internal import Metrics
internal import Reprise

/// What `/metrics` says of the API itself. Every handle is made once, at start.
struct APIMetrics: Sendable {
    private struct Handles: Sendable {
        /// By hundreds of the status: 1xx to 5xx.
        var requests: [Counter]
        var duration: Metrics.Timer
    }

    private let handles: [String: Handles]
    private let other: Handles

    init(factory: any MetricsFactory) {
        func make(_ route: String) -> Handles {
            Handles(
                requests: (1...5).map { hundred in
                    Counter(
                        label: ServerMetrics.requests.name,
                        dimensions: [("route", route), ("status", "\(hundred)xx")],
                        factory: factory)
                },
                duration: Metrics.Timer(
                    label: ServerMetrics.duration.name, dimensions: [("route", route)],
                    factory: factory))
        }
        handles = Dictionary(
            uniqueKeysWithValues: Route.allCases.map { route in
                (APIMetrics.key(route.method, route.path), make(route.rawValue))
            })
        other = make("other")
    }

    func note(
        _ method: HTTPRequest.Method, _ path: String?, status: HTTPResponse.Status, took: Duration
    ) {
        let handles = handles[APIMetrics.key(method, path ?? "")] ?? other
        handles.requests[max(0, min(4, status.code / 100 - 1))].increment()
        handles.duration.record(duration: took)
    }

    private static func key(_ method: HTTPRequest.Method, _ path: String) -> String {
        "\(method.rawValue) \(path)"
    }
}
