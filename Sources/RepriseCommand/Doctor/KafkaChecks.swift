internal import Kafka
internal import Reprise

/// Broker, client library, topics.
struct KafkaChecks {
    let configuration: RepriseConfiguration
    let instruments: Instruments

    func run() async -> [Diagnosis] {
        guard let kafka = configuration.kafka else {
            return [Diagnosis("broker", "none: recovery is the node's own")]
        }
        do throws(RepriseError) {
            let admin = try KafkaAdmin(kafka, timeout: instruments.brokerTimeout)
            let found = await look(admin, kafka)
            await admin.close()
            return [client()] + found
        } catch {
            return [client(), Diagnosis("broker", "", [Self.finding(error, Self.reach(kafka))])]
        }
    }

    private func client() -> Diagnosis {
        Diagnosis(
            "client", "librdkafka \(KafkaVersion.text)",
            KafkaVersion.warning.map { warning in
                [
                    .warning(
                        .kafkaConfiguration, "\(warning).",
                        cure: "Upgrade librdkafka when the system has a newer one.")
                ]
            } ?? [])
    }

    private static func reach(_ kafka: KafkaConfiguration) -> String {
        "Set kafka.brokers to a broker that runs (now \(kafka.brokers.joined(separator: ","))); "
            + "check name, port, firewall and, where the broker wants them, TLS and SASL."
    }

    private func look(_ admin: KafkaAdmin, _ kafka: KafkaConfiguration) async -> [Diagnosis] {
        let count: Int
        do throws(RepriseError) {
            count = try await admin.checkReachable()
        } catch {
            return [Diagnosis("broker", "", [Self.finding(error, Self.reach(kafka))])]
        }
        var found = [Diagnosis("broker", "\(count) in the cluster")]
        for plan in TopicPlans.all(configuration) {
            found.append(await topic(plan, admin))
        }
        return found
    }

    private func topic(_ plan: KafkaTopicPlan, _ admin: KafkaAdmin) async -> Diagnosis {
        let count: Int
        do throws(RepriseError) {
            count = try await admin.partitionCount(of: plan.name)
        } catch  where error.code == .topicMissing {
            if configuration.topics.creates {
                return Diagnosis("topic", "\(plan.name) will be made")
            }
            let cure = "Run 'reprise topics create', or set topics.creates."
            return Diagnosis(
                "topic", plan.name,
                [.fault(.topicMissing, "The topic \(plan.name) is missing.", cure: cure)])
        } catch {
            return Diagnosis("topic", plan.name, [Self.finding(error, "Try again.")])
        }
        var findings: [Finding] = []
        if count < plan.partitions {
            findings.append(
                .fault(
                    .topicPartitions,
                    "The topic \(plan.name) has \(count) partitions, \(plan.partitions) are "
                        + "configured.",
                    cure:
                        "Add partitions with kafka-topics --alter --partitions "
                        + "\(plan.partitions), or lower topics.partitions."))
        }
        if configuration.topics.checksPolicies {
            // The number was looked at: here only the policies count.
            var policies = plan
            policies.partitions = 1
            do throws(RepriseError) {
                _ = try await admin.ensure(policies, creates: false)
                findings += try await sizes(plan, admin)
            } catch {
                findings.append(Self.finding(error, Self.alter(plan)))
            }
        }
        return Diagnosis("topic", "\(plan.name), \(count) partitions", findings)
    }

    private static func alter(_ plan: KafkaTopicPlan) -> String {
        let retention = plan.checksRetention ? ",retention.ms=-1,retention.bytes=-1" : ""
        return "kafka-configs --alter --topic \(plan.name) --add-config "
            + "cleanup.policy=\(plan.cleanupPolicy)\(retention)"
    }

    /// A session at its limits must fit one message.
    private func sizes(
        _ plan: KafkaTopicPlan, _ admin: KafkaAdmin
    ) async throws(RepriseError) -> [Finding] {
        let found: [String: String]
        do throws(RepriseError) {
            found = try await admin.configuration(ofTopic: plan.name)
        } catch {
            // A broker that cannot tell is not a reason to refuse to work.
            if error.code == .kafkaRefused { return [] }
            throw error
        }
        let most = configuration.limits.maxSessionBytes + (64 << 10)
        guard let text = found["max.message.bytes"], let bytes = Int(text), bytes < most else {
            return []
        }
        return [
            .fault(
                .topicPolicy,
                "The topic \(plan.name) takes messages of \(bytes) bytes; a session may need "
                    + "\(most).",
                cure:
                    "kafka-configs --alter --topic \(plan.name) --add-config "
                    + "max.message.bytes=1048588, or lower limits.maxSessionBytes.")
        ]
    }

    private static func finding(_ error: RepriseError, _ cure: String) -> Finding {
        let cause = error.cause.map { " (\($0))" } ?? ""
        return .fault(error.code, error.message + cause, cure: cure)
    }
}
