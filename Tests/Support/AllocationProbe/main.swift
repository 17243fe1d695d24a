// Counts the heap allocations of durable writes in steady state, in a process where nothing else
// allocates. Prints one line for each case: its name and the allocations of one write.
import CAllocationCounter
import Foundation

if reprise_allocation_count() == 0 {
    print("uncounted")
    exit(0)
}
#if DEBUG
    print("build debug")
#else
    print("build release")
#endif
let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("allocation-probe-\(getpid())")
defer { try? FileManager.default.removeItem(at: directory) }
do {
    for (name, mean) in try await AllocationCases.measure(in: directory.path) {
        print(name, mean)
    }
} catch {
    FileHandle.standardError.write(Data("allocation-probe: \(error)\n".utf8))
    try? FileManager.default.removeItem(at: directory)
    exit(1)
}
