public import Coordination
internal import HTTPTypes
public import Hummingbird
internal import Logging
internal import Model
internal import Platform
public import RepriseServer
internal import Transactions

/// Runs each request in a transaction: in the caller's where the request carries one, else in one of its
/// own, which is committed on a successful answer and rolled back on an error or a status from 400 on.
/// `GET`, `HEAD`, `OPTIONS` and `TRACE` may only read.
///
/// The transaction is `TransactionManager.current` in the handler. It has ended, or waits for its
/// coordinator, before the answer's body is written: a body that is streamed must not use it.
public struct TransactionMiddleware<Context: RequestContext>: RouterMiddleware {
    private let transactions: TransactionManager
    private let begins: Bool
    private let tokens: [AccessToken]

    /// - Parameters:
    ///   - begins: whether a request that carries no transaction gets one of its own.
    ///   - tokens: what a request must bring to join its caller's transaction, one of them; with none
    ///     nobody joins.
    public init(
        _ transactions: TransactionManager, begins: Bool = true, tokens: [AccessToken] = []
    ) {
        self.transactions = transactions
        self.begins = begins
        self.tokens = tokens
    }

    public func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var request = request
        let given = JoinHeaders.take(from: &request)
        if !given.transactions.isEmpty {
            return try await join(request, context, given, next)
        }
        return begins
            ? try await begin(request, context, next) : try await next(request, context)
    }

    // MARK: A transaction of its own

    /// An answer that rolls back.
    private struct Failed: Error {
        let response: Response
    }

    private func begin(
        _ request: Request, _ context: Context,
        _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var thrown: (any Error)?
        do {
            return try await transactions.runNew(readOnly: request.isSafe ? true : nil) { _ in
                let response: Response
                do {
                    response = try await next(request, context)
                } catch {
                    thrown = error
                    throw error
                }
                if response.isFailure { throw Failed(response: response) }
                return response
            }
        } catch let failed as Failed {
            return failed.response
        } catch let error as RepriseError where thrown == nil {
            // The answer said that all is well, and it is not.
            return try ErrorAnswer.response(error)
        } catch {
            throw thrown ?? error
        }
    }

    // MARK: The caller's

    private func join(
        _ request: Request, _ context: Context, _ given: JoinHeaders,
        _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            let answer = try await transactions.participants.run(
                try given.context(tokens), readOnly: request.isSafe, headers: given.trace,
                isFailure: { $0.isFailure }
            ) { _ in try await next(request, context) }
            return JoinHeaders.name(answer.part, in: answer.result)
        } catch let failure as PartFailure {
            return JoinHeaders.name(
                failure.part, in: try answer(to: failure.error, request, context))
        } catch let error as RepriseError {
            // Nothing was done, so nothing is left.
            return JoinHeaders.name(nil, in: try ErrorAnswer.response(error))
        }
    }

    /// The caller must learn of the part even where the handler failed.
    private func answer(
        to error: any Error, _ request: Request, _ context: Context
    ) throws -> Response {
        switch error {
        case let error as any HTTPResponseError:
            return try error.response(from: request, context: context)
        case let error as RepriseError: return try ErrorAnswer.response(error)
        default:
            context.logger.report(
                .error, .internalDefect, "a request of another process's transaction failed",
                metadata: ["http.path": "\(request.uri.path)", "error": "\(error)"])
            return try ErrorAnswer.response(
                RepriseError(.internalDefect, "The request failed; the service's log says why."))
        }
    }
}

extension Request {
    /// Reading only, by its method.
    fileprivate var isSafe: Bool { [.get, .head, .options, .trace].contains(method) }
}

extension Response {
    fileprivate var isFailure: Bool { status.code >= 400 }
}
