public import Reprise

/// Metrics of the HTTP API, which nodes and workers have, and the table of all metrics as a document.
public enum ServerMetrics {
    static let requests = MetricDefinition(
        "reprise_http_requests_total", .counter, ["route", "status"], in: .all,
        "Requests that were answered, by route of the API and hundreds of the status; what has no route is `other`."
    )
    static let duration = MetricDefinition(
        "reprise_http_request_duration_seconds", .histogram, ["route"], in: .all,
        "What answering took.")
    static let refusedSeries = MetricDefinition(
        "reprise_metrics_refused_series_total", .counter, in: .all,
        "Combinations of labels that were not kept because a metric had too many.")

    /// In the order of the document.
    public static let all = [requests, duration, refusedSeries]

    static let help = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.help) })

    /// Markdown: `schemas/metrics.md`, which `reprise config metrics` prints.
    public static var markdown: String {
        var text = """
            # Metrics

            `GET /metrics` of a node and of a worker answers in Prometheus' text format. This page \
            is printed by `reprise config metrics`; a test holds running processes to it.

            Labels are bounded: kinds that are configured, partitions, codes of errors, outcomes; \
            never a session. Counters begin at 0 with the process. A program that uses the library \
            gets the same through swift-metrics, every ten seconds, if it has bootstrapped a \
            backend; a histogram is two counters there, `<name>_count` and `<name>_sum`.

            Shown by: N a node without Kafka, which recovers its sessions itself; M a node with \
            Kafka; W a worker.

            """
        let sections = [
            ("Sessions", RepriseMetrics.sessions), ("Recovery", RepriseMetrics.handlers),
            ("Journal", RepriseMetrics.journal), ("Mirror and Kafka", RepriseMetrics.mirror),
            ("Partitions", RepriseMetrics.group), ("Transactions", RepriseMetrics.transactions),
            ("HTTP API", all), ("Process", RepriseMetrics.process),
        ]
        for (title, metrics) in sections {
            text += "\n## \(title)\n\n| metric | type | labels | shown by | meaning |\n"
            text += "|---|---|---|---|---|\n"
            for metric in metrics { text += row(metric) }
        }
        return text
    }

    private static func row(_ metric: MetricDefinition) -> String {
        let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
        var places = ""
        if metric.places.contains(.standalone) { places += "N" }
        if metric.places.contains(.mirrored) { places += "M" }
        if metric.places.contains(.worker) { places += "W" }
        return "| `\(metric.name)` | \(metric.form.rawValue) | \(labels) | \(places) "
            + "| \(metric.help) |\n"
    }
}
