import RepriseTestKit
import Testing
import Transactions

@Suite struct ConformanceTests {
    static let abilities = [
        ResourceAbilities(prepares: true, recordsOutcome: true),
        ResourceAbilities(prepares: true, recordsOutcome: false),
        ResourceAbilities(prepares: false, recordsOutcome: true),
        ResourceAbilities(prepares: false, recordsOutcome: false),
    ]

    @Test(arguments: abilities, [true, false])
    func memoryResourceConforms(abilities: ResourceAbilities, votesReadOnly: Bool) async throws {
        let resource = MemoryResource(
            "memory", abilities: abilities, votesReadOnly: votesReadOnly)
        try await conformance(of: resource).check()
        #expect(resource.prepared.isEmpty)
        #expect(resource.openBranches == 0)
    }

    private func conformance(of resource: MemoryResource) -> ResourceConformance<MemoryResource> {
        ResourceConformance(
            resource, write: { try await $0.write($1, $2) }, read: { resource[$0] })
    }
}
