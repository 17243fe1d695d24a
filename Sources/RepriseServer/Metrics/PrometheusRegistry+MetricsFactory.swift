public import CoreMetrics
internal import Model

extension PrometheusRegistry: MetricsFactory {
    public func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler {
        series(.counter, total(label), dimensions) { CounterSeries() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, total(label), dimensions) { FloatingCounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, ExpositionText.metricName(label), dimensions) { GaugeSeries() }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let name = ExpositionText.metricName(label)
        guard aggregate else { return series(.gauge, name, dimensions) { GaugeSeries() } }
        return series(.histogram, name, dimensions) {
            HistogramSeries(bounds: HistogramSeries.sizes)
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = suffixed(ExpositionText.metricName(label), "_seconds")
        return series(.histogram, name, dimensions) {
            HistogramSeries(bounds: HistogramSnapshot.seconds)
        }
    }

    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        forget(handler)
    }
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    private func total(_ label: String) -> String {
        suffixed(ExpositionText.metricName(label), "_total")
    }

    private func suffixed(_ name: String, _ suffix: String) -> String {
        name.hasSuffix(suffix) ? name : name + suffix
    }
}
