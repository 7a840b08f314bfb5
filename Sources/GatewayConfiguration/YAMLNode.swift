/// A place in a file, both counted from 1.
public struct FilePosition: Hashable, Comparable, Sendable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A YAML document as a tree in which every node knows where it stands.
public struct YAMLNode: Hashable, Sendable {
  public indirect enum Content: Hashable, Sendable {
    /// Text as written, without its quotes. Plain text may be read as a number; quoted text is always text.
    case scalar(String, isQuoted: Bool)
    case sequence([YAMLNode])
    /// In the order of the file; keys may repeat, which the reader reports.
    case mapping([Entry])
  }

  public struct Entry: Hashable, Sendable {
    public var key: YAMLNode
    public var value: YAMLNode

    public init(key: YAMLNode, value: YAMLNode) {
      self.key = key
      self.value = value
    }
  }

  public var position: FilePosition
  public var content: Content
  /// A scalar as it stands in the file from `position` on, when that is not its text: of several lines, or with escapes.
  public var written: String?

  public init(_ content: Content, at position: FilePosition, written: String? = nil) {
    self.position = position
    self.content = content
    self.written = written
  }

  /// Nothing was written: `key:` and no more.
  var isEmpty: Bool { content == .scalar("", isQuoted: false) }

  /// What it is, in the words of an error message.
  var kindName: String {
    switch content {
    case .scalar(let text, true): "the quoted text \"\(text.prefix(40))\""
    case .scalar(let text, false): isEmpty ? "nothing" : "'\(text.prefix(40))'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
