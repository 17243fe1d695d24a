/// Which Reprise this is.
public enum RepriseVersion {
    /// As in CHANGELOG.md.
    public static let current = "0.1.0"
}
