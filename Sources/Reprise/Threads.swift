internal import Model
internal import Platform

/// Runs what blocks on a thread of its own, off the cooperative pool.
func onThread<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws(RepriseError) -> Value
) async throws(RepriseError) -> Value {
    let result = await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<Value, RepriseError>, Never>) in
        do throws(RepriseError) {
            _ = try NamedThread(name) {
                do throws(RepriseError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } catch {
            continuation.resume(returning: .failure(error))
        }
    }
    return try result.get()
}
