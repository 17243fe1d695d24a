import Foundation
import Reprise
import RepriseServer
import Testing

/// The alerts, the dashboard and the documents ask for metrics that there are, with labels that they have.
@Suite struct DeploymentMetricsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let metrics = Dictionary(
        uniqueKeysWithValues: (RepriseMetrics.all + ServerMetrics.all).map { ($0.name, $0) })
    /// What Prometheus itself puts to a series.
    private static let added: Set<String> = ["instance", "job"]

    static let expressions = [
        "deploy/monitoring/alerts.yaml", "deploy/monitoring/grafana/reprise.json",
    ]
    static let mentions =
        expressions + [
            "deploy/tests/alerts.yaml", "deploy/kubernetes/README.md",
            "Sources/Reprise/Reprise.docc/Runbook.md", "Sources/Reprise/Reprise.docc/Operations.md",
        ]

    private func text(_ path: String) throws -> String {
        let url = Self.root.appending(path: path)
        return try String(contentsOf: url, encoding: .utf8).replacing("\\\"", with: "\"")
    }

    /// The metric that a series belongs to: of a histogram, its parts are what one asks for.
    private func metric(of series: Substring) -> MetricDefinition? {
        if let metric = Self.metrics[String(series)], metric.form != .histogram { return metric }
        for part in ["_bucket", "_sum", "_count"] where series.hasSuffix(part) {
            if let metric = Self.metrics[String(series.dropLast(part.count))],
                metric.form == .histogram
            {
                return metric
            }
        }
        return nil
    }

    @Test(arguments: mentions)
    func everySeriesExists(path: String) throws {
        var count = 0
        for match in try text(path).matches(of: /\b(?:reprise|process)_[a-z0-9_]+/) {
            // A document may speak of a histogram as a whole.
            let isNamed = path.hasSuffix(".md") && Self.metrics[String(match.output)] != nil
            #expect(isNamed || metric(of: match.output) != nil, "\(match.output)")
            count += 1
        }
        #expect(count > 0)
    }

    @Test(arguments: mentions)
    func everySelectorFitsItsMetric(path: String) throws {
        let selector = /\b((?:reprise|process)_[a-z0-9_]+)\{([^}]*)\}/
        for match in try text(path).matches(of: selector) {
            let known = try #require(metric(of: match.1))
            for label in match.2.matches(of: /(\w+) ?=~? ?"([^"]*)"/) {
                let name = String(label.1)
                if Self.added.contains(name) { continue }
                if name == "le" {
                    #expect(known.form == .histogram)
                    continue
                }
                #expect(known.labels.contains(name), "\(match.1) has no \(name)")
                guard ["phase", "state"].contains(name) else { continue }
                // What the table says that there is.
                for value in label.2.split(separator: "|") {
                    #expect(known.help.contains(value), "\(match.1) is never \(value)")
                }
            }
        }
    }

    @Test(arguments: expressions)
    func whatIsCountedAndWhatIsMeasuredAreTakenAsSuch(path: String) throws {
        let text = try text(path)
        for match in text.matches(of: /\b(rate|increase|deriv)\(((?:reprise|process)_[a-z0-9_]+)/) {
            let known = try #require(metric(of: match.2))
            #expect((known.form == .gauge) == (match.1 == "deriv"), "\(match.1) of \(match.2)")
        }
    }

    @Test(arguments: expressions)
    func whatIsGroupedByIsALabel(path: String) throws {
        let labels = Set(Self.metrics.values.flatMap(\.labels)).union(Self.added).union(["le"])
        for match in try text(path).matches(of: /\bby \(([^)]*)\)/) {
            for name in match.1.split(separator: ",") {
                let name = name.trimmingCharacters(in: .whitespaces)
                #expect(labels.contains(name), "by \(name)")
            }
        }
    }
}
