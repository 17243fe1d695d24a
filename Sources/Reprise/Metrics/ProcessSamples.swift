#if canImport(Glibc)
    internal import Glibc
#endif
internal import Kafka
internal import Platform

/// What every process tells of itself.
public enum ProcessMetrics {
    /// As of now; reads what the system says of the process.
    public static func samples() -> [MetricSample] {
        let usage = Usage.current
        return [
            MetricSample(RepriseMetrics.build, [RepriseVersion.current, KafkaVersion.text], 1),
            MetricSample(RepriseMetrics.start, start),
            MetricSample(RepriseMetrics.memory, usage.residentBytes),
            MetricSample(RepriseMetrics.processor, usage.processorSeconds),
        ]
    }

    /// When this was first asked for: at the start of a process that shows metrics.
    private static let start = Double(SystemTime().now().milliseconds) / 1_000

    /// Called at the start of a node or a worker.
    static func begin() { _ = start }

    private struct Usage {
        var residentBytes = 0.0
        var processorSeconds = 0.0

        static var current: Usage {
            var usage = Usage()
            #if canImport(Glibc)
                var times = rusage()
                if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &times) == 0 {
                    usage.processorSeconds =
                        seconds(times.ru_utime) + seconds(times.ru_stime)
                }
                if let pages = residentPages { usage.residentBytes = pages * Double(getpagesize()) }
            #endif
            return usage
        }

        #if canImport(Glibc)
            private static func seconds(_ time: timeval) -> Double {
                Double(time.tv_sec) + Double(time.tv_usec) / 1e6
            }

            /// The second number of /proc/self/statm.
            private static var residentPages: Double? {
                guard let file = fopen("/proc/self/statm", "r") else { return nil }
                defer { fclose(file) }
                var line = [CChar](repeating: 0, count: 128)
                guard fgets(&line, Int32(line.count), file) != nil else { return nil }
                let text = String(
                    decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
                    as: UTF8.self)
                let words = text.split(separator: " ")
                return words.count > 1 ? Double(words[1]) : nil
            }
        #endif
    }
}
