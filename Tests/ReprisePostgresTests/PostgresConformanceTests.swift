import ReprisePostgres
import RepriseTestKit
import Testing

@Suite struct PostgresConformanceTests {
    @Test(arguments: [PostgresIsolation.readCommitted, .repeatableRead])
    func aResourceThatPreparesConforms(isolation: PostgresIsolation) async throws {
        let other = try await resource(isolation: isolation)
        try await check(try await resource(isolation: isolation), other)
    }

    @Test func aResourceOfOnePhaseConforms() async throws {
        let other = try await resource(participation: .onePhaseOnly)
        try await check(try await resource(participation: .onePhaseOnly), other)
    }

    private func check(_ resource: PostgresResource, _ other: PostgresResource) async throws {
        let conformance = ResourceConformance(
            resource, other: other, write: { try await $0.put($1, $2) },
            read: { try await other.value($0) })
        try await conformance.check()
    }
}
