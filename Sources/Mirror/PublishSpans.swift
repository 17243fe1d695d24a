internal import Model
internal import Traces

/// A span for each batch of messages: from when they were given to the producer until Kafka has all of
/// them. What is sent meanwhile belongs to the next batch; there is never one for each message.
struct PublishSpans {
    private let spans: Spans?
    private let topic: String
    private var batch: (span: OpenSpan, through: UInt64)?
    /// The last message that belongs to a batch.
    private var counted: UInt64 = 0

    init(_ spans: Spans?, topic: String) {
        self.spans = spans
        self.topic = topic
    }

    /// Both count from the last restart.
    mutating func note(sent: UInt64, settled: UInt64) {
        guard let spans else { return }
        if let batch, settled >= batch.through {
            batch.span.end()
            self.batch = nil
        }
        guard batch == nil, sent > counted else { return }
        let span = spans.startLinked(.publish, to: [])
        span.set(.system, "kafka")
        span.set(.topic, topic)
        span.set(.messages, Int(sent - counted))
        batch = (span, sent)
        counted = sent
    }

    /// The producer is given up; the next one counts from 0. Without a code the node shuts down.
    mutating func end(_ code: ErrorCode? = nil) {
        if let code { batch?.span.fail(code) }
        batch?.span.end()
        batch = nil
        counted = 0
    }
}
