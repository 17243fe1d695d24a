/// Service B: keeps a profile for each user.
public actor Profiles {
    public private(set) var owners: Set<String> = []

    public init() {}

    public func create(user: String) {
        owners.insert(user)
    }

    /// A profile that is not there counts as deleted.
    public func delete(user: String) {
        owners.remove(user)
    }
}
