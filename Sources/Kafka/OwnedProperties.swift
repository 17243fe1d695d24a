/// librdkafka properties that may not be passed through, each with what to do instead.
enum OwnedProperties {
    static func refusal(of name: String) -> String? {
        if let field = typed[name] { return "set \(field) instead" }
        if let reason = losing[name] { return "it is fixed because \(reason)" }
        if internalNames.contains(name) { return "Reprise sets it itself" }
        if name.hasSuffix("_cb") { return "Reprise takes librdkafka's events, not its callbacks" }
        return nil
    }

    /// They have a typed place in `KafkaConfiguration`.
    private static let typed: [String: String] = [
        "bootstrap.servers": "the list of brokers",
        "metadata.broker.list": "the list of brokers",
        "client.id": "the client id",
        "security.protocol": "the security section",
        "ssl.ca.location": "the TLS CA location",
        "ssl.certificate.location": "the TLS certificate location",
        "ssl.key.location": "the TLS key location",
        "ssl.key.password": "the TLS key password",
        "ssl.endpoint.identification.algorithm": "the TLS host name check",
        "sasl.mechanism": "the SASL mechanism",
        "sasl.mechanisms": "the SASL mechanism",
        "sasl.username": "the SASL user name",
        "sasl.password": "the SASL password",
        "group.id": "the recovery group's name",
        "group.instance.id": "the worker's static membership id",
        "partition.assignment.strategy": "the recovery group's assignor",
        "session.timeout.ms": "the recovery group's session time-out",
        "max.poll.interval.ms": "the recovery group's poll interval",
        "linger.ms": "the producer's linger",
        "queue.buffering.max.ms": "the producer's linger",
    ]

    /// Another value could lose, drop or reorder events.
    private static let losing: [String: String] = [
        "acks": "an acknowledged event must be on every in-sync replica",
        "request.required.acks": "an acknowledged event must be on every in-sync replica",
        "enable.idempotence": "retries must neither duplicate nor reorder events",
        "message.timeout.ms": "an event must not be dropped because Kafka was away",
        "delivery.timeout.ms": "an event must not be dropped because Kafka was away",
        "retries": "an event must not be dropped because Kafka was away",
        "message.send.max.retries": "an event must not be dropped because Kafka was away",
        "max.in.flight": "more requests in flight would reorder events",
        "max.in.flight.requests.per.connection": "more requests in flight would reorder events",
        "queuing.strategy": "the order of events must hold",
        "enable.gapless.guarantee": "a gap in the order of events must stop the producer",
        "auto.offset.reset": "a forgotten offset must lead to reading again, not to skipping",
        "enable.auto.commit": "only work that is finished may be committed",
        "auto.commit.enable": "only work that is finished may be committed",
        "enable.auto.offset.store": "only work that is finished may be committed",
        "delivery.report.only.error": "every event's delivery must be known",
        "isolation.level": "aborted messages must never be folded",
        "check.crcs": "damaged messages must be found",
    ]

    private static let internalNames: Set<String> = [
        "log.queue", "opaque", "default_topic_conf", "enabled_events", "transactional.id",
        "enable.partition.eof", "partitioner", "allow.auto.create.topics", "interceptors",
        "test.mock.num.brokers", "test.mock.broker.rtt", "dr_msg_cb", "plugin.library.paths",
        "statistics.interval.ms", "auto.commit.interval.ms", "group.protocol.type",
    ]
}
