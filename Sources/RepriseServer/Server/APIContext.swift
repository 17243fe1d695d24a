internal import Hummingbird

/// What goes along with a request: who sent it.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by `Boundary` before any route is asked.
    var caller = Caller.nobody

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
