internal import CRdKafka

/// One request of librdkafka's admin API: options, a queue of its own, and the wait for the answer.
struct AdminCall: ~Copyable {
    private let client: OpaquePointer
    private let queue: OpaquePointer
    private let timeout: Duration

    init(_ client: OpaquePointer, _ timeout: Duration) {
        self.client = client
        self.timeout = timeout
        queue = rd_kafka_queue_new(client)
    }

    deinit { rd_kafka_queue_destroy(queue) }

    func wait(
        _ message: String, _ type: Int32, _ operation: rd_kafka_admin_op_t,
        _ start: (_ options: OpaquePointer?, _ queue: OpaquePointer) -> Void
    ) throws(AdminFailure) -> Event {
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { if let options { rd_kafka_AdminOptions_destroy(options) } }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.pollMilliseconds, nil, 0)
        start(options, queue)
        // librdkafka answers by itself when the time is up; the rest is for its scheduling.
        let wait = (timeout + .seconds(2)).pollMilliseconds
        guard let event = Event(from: queue, timeout: wait), event.type == type else {
            throw AdminFailure(KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT), message)
        }
        let status = event.error
        if status.isUnsupported {
            throw AdminFailure(status, "\(message): this broker does not support it")
        }
        if !status.isSuccess { throw AdminFailure(status, message, detail: event.errorText) }
        return event
    }

    /// - Returns: false when the only error is the tolerated one.
    static func check(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int, _ message: String,
        tolerating tolerated: rd_kafka_resp_err_t?
    ) throws(AdminFailure) -> Bool {
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let status = KafkaError(rd_kafka_topic_result_error(result))
            if status.isSuccess { continue }
            if status.code == tolerated { return false }
            let detail = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            throw AdminFailure(status, message, detail: detail)
        }
        return true
    }

    static func entries(of resource: OpaquePointer) -> [String: String] {
        var count = 0
        guard let list = rd_kafka_ConfigResource_configs(resource, &count) else { return [:] }
        var entries: [String: String] = [:]
        for index in 0..<count {
            guard let entry = list[index], let name = rd_kafka_ConfigEntry_name(entry),
                let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            entries[String(cString: name)] = String(cString: value)
        }
        return entries
    }
}
