internal import Model

/// The complete list of librdkafka properties for one client, in the order in which they are set.
struct ClientProperties {
    enum Role {
        case producer(KafkaProducerOptions)
        case consumer(KafkaGroup)
        case reader
        case admin
    }

    private(set) var pairs: [(name: String, value: String)] = []

    /// - Throws: `kafkaConfiguration` for a passed-through property that is refused.
    init(_ configuration: KafkaConfiguration, role: Role) throws(RepriseError) {
        setConnection(configuration)
        setSecurity(configuration.security)
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) {
            if let advice = OwnedProperties.refusal(of: name) {
                throw RepriseError(
                    .kafkaConfiguration, "the Kafka property \(name) cannot be set: \(advice)")
            }
            set(name, value)
        }
        switch role {
        case .producer(let options): setProducer(options)
        case .consumer(let group): setConsumer(group)
        case .reader: setReading()
        case .admin: break
        }
    }

    private mutating func set(_ name: String, _ value: String) {
        pairs.append((name, value))
    }

    private mutating func setConnection(_ configuration: KafkaConfiguration) {
        set("bootstrap.servers", configuration.brokers.joined(separator: ","))
        set("client.id", configuration.clientID)
        set("log.queue", "true")
        set("socket.keepalive.enable", "true")
        // 10 s, the default, would keep a mirror idle long after the broker came back.
        set("reconnect.backoff.max.ms", "2000")
        // A topic with a broker's default partition count would split sessions: never create one
        // by accident. `topics create` makes them on purpose.
        set("allow.auto.create.topics", "false")
    }

    private mutating func setSecurity(_ security: KafkaSecurity) {
        set("security.protocol", security.protocolName)
        if let tls = security.tls {
            if let location = tls.caLocation { set("ssl.ca.location", location) }
            if let location = tls.certificateLocation { set("ssl.certificate.location", location) }
            if let location = tls.keyLocation { set("ssl.key.location", location) }
            if let password = tls.keyPassword { set("ssl.key.password", password.text) }
            // librdkafka 2.0.2 does not check the name unless told to.
            let check = tls.verifiesHostname ? "https" : "none"
            set("ssl.endpoint.identification.algorithm", check)
        }
        if let sasl = security.sasl {
            set("sasl.mechanisms", sasl.mechanism.rawValue)
            set("sasl.username", sasl.username)
            set("sasl.password", sasl.password.text)
        }
    }

    private mutating func setProducer(_ options: KafkaProducerOptions) {
        set("enable.idempotence", "true")
        set("acks", "all")
        // As many as brokers keep order for: they refuse what follows a batch that failed. The client
        // relies on it, and takes a later batch's success for that of the ones before.
        set("max.in.flight", "5")
        set("queuing.strategy", "fifo")
        set("enable.gapless.guarantee", options.stopsAtGap ? "true" : "false")
        // 0 is "for ever": an outage of hours must not drop anything.
        set("message.timeout.ms", String(options.messageTimeout?.roundedUpMilliseconds ?? 0))
        set("linger.ms", String(options.linger.roundedUpMilliseconds))
        set("queue.buffering.max.messages", String(options.maxQueuedMessages))
        set("queue.buffering.max.kbytes", String(options.maxQueuedKilobytes))
        // Partitions are pinned; if that ever fails to happen, place keys as Java clients do.
        set("partitioner", "murmur2_random")
        set("delivery.report.only.error", "false")
    }

    private mutating func setConsumer(_ group: KafkaGroup) {
        setReading()
        set("group.id", group.id)
        if let instance = group.instanceID { set("group.instance.id", instance) }
        set("partition.assignment.strategy", group.assignor.rawValue)
        set("session.timeout.ms", String(group.sessionTimeout.roundedUpMilliseconds))
        set("heartbeat.interval.ms", String(group.heartbeatInterval.roundedUpMilliseconds))
        set("max.poll.interval.ms", String(group.maxPollInterval.roundedUpMilliseconds))
    }

    private mutating func setReading() {
        set("enable.auto.commit", "false")
        set("enable.auto.offset.store", "false")
        set("auto.offset.reset", "earliest")
        set("isolation.level", "read_committed")
        set("check.crcs", "true")
        set("enable.partition.eof", "true")
    }
}
