import CoreMetrics
import Metrics
import Reprise
import Testing

@testable import RepriseServer

@Suite struct PrometheusTests {
    private func lines(_ registry: PrometheusRegistry) -> [String] {
        registry.exposition().split(separator: "\n").map(String.init)
    }

    @Test func showsEachTypeInItsForm() {
        let registry = PrometheusRegistry()
        Counter(label: "sessions.opened", dimensions: [("kind", "order")], factory: registry)
            .increment(by: 3)
        FloatingPointCounter(label: "bytes", factory: registry).increment(by: 1.5)
        Meter(label: "lag", factory: registry).set(2.25)
        Gauge(label: "depth", factory: registry).record(7)
        #expect(
            lines(registry) == [
                "# TYPE bytes_total counter", "bytes_total 1.5",
                "# TYPE depth gauge", "depth 7",
                "# TYPE lag gauge", "lag 2.25",
                "# TYPE sessions_opened_total counter", #"sessions_opened_total{kind="order"} 3"#,
                "# HELP reprise_metrics_refused_series_total \(ServerMetrics.refusedSeries.help)",
                "# TYPE reprise_metrics_refused_series_total counter",
                "reprise_metrics_refused_series_total 0",
            ])
    }

    @Test func histogramsAddUp() {
        let registry = PrometheusRegistry()
        let timer = Metrics.Timer(label: "forced_write", factory: registry)
        timer.recordNanoseconds(90_000)
        timer.recordNanoseconds(100_000)
        timer.recordMilliseconds(3)
        timer.recordSeconds(100)
        let shown = lines(registry)
        #expect(shown.contains(#"forced_write_seconds_bucket{le="0.0001"} 2"#))
        #expect(shown.contains(#"forced_write_seconds_bucket{le="0.0025"} 2"#))
        #expect(shown.contains(#"forced_write_seconds_bucket{le="0.005"} 3"#))
        #expect(shown.contains(#"forced_write_seconds_bucket{le="60"} 3"#))
        #expect(shown.contains(#"forced_write_seconds_bucket{le="+Inf"} 4"#))
        #expect(shown.contains("forced_write_seconds_count 4"))
        #expect(shown.contains("# TYPE forced_write_seconds histogram"))
    }

    @Test func labelValuesAreEscapedAndNamesCleaned() {
        let registry = PrometheusRegistry()
        Counter(
            label: "9 odd-näme", dimensions: [("a.b", "back \\ quote \" line \n end")],
            factory: registry
        ).increment()
        #expect(
            lines(registry).contains(
                #"_9_odd_n_me_total{a_b="back \\ quote \" line \n end"} 1"#))
    }

    @Test func labelsStandInOrderAndMakeOneSeries() {
        let registry = PrometheusRegistry()
        Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment()
        Counter(label: "a", dimensions: [("y", "2"), ("x", "1")], factory: registry).increment()
        #expect(lines(registry).contains(#"a_total{x="1",y="2"} 2"#))
    }

    @Test func seriesAreBounded() {
        let registry = PrometheusRegistry(maxSeries: 3)
        for number in 0..<10 {
            Counter(label: "a", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        let shown = lines(registry)
        #expect(shown.filter { $0.hasPrefix("a_total{") }.count == 3)
        #expect(shown.contains("reprise_metrics_refused_series_total 7"))
    }

    @Test func aNameIsOneTypeOnly() {
        let registry = PrometheusRegistry()
        Meter(label: "a", factory: registry).set(1)
        Recorder(label: "a", factory: registry).record(5)
        #expect(lines(registry).filter { $0.hasPrefix("# TYPE a ") } == ["# TYPE a gauge"])
        #expect(lines(registry).contains("reprise_metrics_refused_series_total 1"))
    }

    @Test func whatIsDestroyedIsShownNoMore() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "a", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!registry.exposition().contains("a_total"))
    }

    @Test func collectorsAreAskedAtEachScrape() {
        let registry = PrometheusRegistry()
        let calls = CallCounter()
        let metric = MetricDefinition(
            "reprise_sessions", .gauge, ["phase"], in: .all, "Several\nlines.")
        registry.collect {
            calls.add()
            return [
                MetricSample(metric, ["open"], Double(calls.count)),
                MetricSample(metric, ["open"], 99),
                MetricSample(metric, ["parked"], .infinity),
            ]
        }
        _ = registry.exposition()
        let shown = lines(registry)
        #expect(shown.contains(#"reprise_sessions{phase="open"} 2"#))
        #expect(shown.contains(#"reprise_sessions{phase="parked"} +Inf"#))
        #expect(shown.filter { $0 == "# TYPE reprise_sessions gauge" }.count == 1)
        #expect(shown.contains(#"# HELP reprise_sessions Several\nlines."#))
        #expect(!shown.contains { $0.hasSuffix(" 99") }, "one line for each set of labels")
    }

    @Test func manyTasksCountRight() async {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "a", factory: registry)
                    for _ in 0..<1_000 { counter.increment() }
                }
            }
        }
        #expect(lines(registry).contains("a_total 8000"))
    }
}
