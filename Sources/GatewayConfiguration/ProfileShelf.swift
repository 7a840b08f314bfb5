/// Where profiles come from. The reader of configurations is pure, so whoever reads files hands them in.
public struct ProfileShelf: Sendable {
  /// A profile's file: its path, and its contents or why there are none.
  public struct File: Sendable {
    public var path: String
    public var root: Result<YAMLNode, Diagnostic>

    public init(path: String, root: Result<YAMLNode, Diagnostic>) {
      self.path = path
      self.root = root
    }
  }

  /// Names of all profiles, sorted.
  public var names: [String]
  /// The profile of a name, nil when there is none.
  public var load: @Sendable (String) -> File?

  public init(names: [String], load: @escaping @Sendable (String) -> File?) {
    self.names = names
    self.load = load
  }

  public static let empty = Self(names: []) { _ in nil }
}
