internal import Kafka

/// The embedded broker, in a process of its own.
enum Broker {
    static func run(_ world: World) async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("reprise.sessions", partitions: World.partitions)
        try cluster.createTopic("reprise.dead-letters")
        for topic in ["sessions", "transactions"] {
            try cluster.createTopic(
                "\(world.bankPrefix).\(topic)", partitions: World.partitions)
        }
        try cluster.createTopic("\(world.bankPrefix).dead-letters")
        try PortFile.write(cluster.bootstrapServers, to: world.path("broker.port"))
        // Until the process is ended.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        cluster.close()
    }
}
