import Kafka
import Model
import Platform
import Synchronization

/// Counts what was delivered.
final class CountingSink: KafkaProducerSink {
    let signal = Signal()
    private let count = Atomic(0)

    var delivered: Int { count.load(ordering: .acquiring) }

    func delivered(_ deliveries: [KafkaDelivery]) {
        count.add(deliveries.count { $0.isDelivered }, ordering: .acquiringAndReleasing)
        signal.notify()
    }

    func failed(_ error: RepriseError) {}
}
