import CoreMetrics
import Foundation
import Model
@testable import Reprise
@testable import RepriseServer
import Testing

@Suite struct MetricsReportTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "schemas/metrics.md")

    @Test func thePageIsTheTable() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(text == ServerMetrics.markdown, "print it again: reprise config metrics")
    }

    @Test func namesFollowTheCustomsOfPrometheus() {
        let all = RepriseMetrics.all + ServerMetrics.all
        #expect(Set(all.map(\.name)).count == all.count)
        for metric in all {
            #expect(metric.name.hasSuffix("_total") == (metric.form == .counter), "\(metric.name)")
            #expect(!metric.help.isEmpty && metric.help.hasSuffix("."), "\(metric.name)")
            #expect(!metric.help.contains("|"), "it stands in a table")
        }
    }

    @Test func aBackendIsToldWhatHasCome() {
        let registry = PrometheusRegistry()
        var report = MetricsReport(factory: registry)
        let counter = MetricDefinition("a_total", .counter, ["code"], in: .all, "")
        let gauge = MetricDefinition("b", .gauge, in: .all, "")
        let histogram = MetricDefinition("c_seconds", .histogram, in: .all, "")
        var values = HistogramSnapshot(bounds: [1])
        for (number, level) in [(5.0, 2.0), (7.0, 1.0)] {
            values.record(number)
            report.tell([
                MetricSample(counter, ["x"], number), MetricSample(gauge, level),
                MetricSample(histogram, [], values),
            ])
        }
        let lines = registry.exposition().split(separator: "\n")
        for line in [
            #"a_total{code="x"} 7"#, "b 1", "c_seconds_count_total 2", "c_seconds_sum_total 12",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }

    @Test func kindsThatAreNotConfiguredShareALabel() {
        var alive = AliveCounts()
        alive.open = 2
        let kinds = ["a", "stranger", "other-stranger"].map { name -> KindStatus in
            var status = KindStatus(kind: Kind(unchecked: name), policy: KindPolicy())
            status.isConfigured = name == "a"
            status.alive = alive
            return status
        }
        let samples = SessionSamples.alive(kinds)
        let open = samples.filter { $0.labels.last == "open" }
        #expect(open.map(\.labels) == [["a", "open"], ["other", "open"]])
        #expect(open.map(\.value) == [.number(2), .number(4)])
    }
}
