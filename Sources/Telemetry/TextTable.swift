/// The different texts of a column, in the order in which they first came; readings hold their indices.
///
/// Texts of sensors repeat (states, serial numbers), so a column of thousands of rows often holds only a few of them.
public struct TextTable: Hashable, Sendable {
  /// Longest text of a reading, in bytes of UTF-8: 125 registers of Latin-1 letters outside ASCII take 500.
  public static let maximumTextBytes = 512

  public private(set) var texts: [String] = []
  private var indices: [String: Int64] = [:]

  public init() {}

  public var isEmpty: Bool { texts.isEmpty }

  /// The index of a text, which is added when it is new.
  public mutating func index(of text: String) -> Int64 {
    if let known = indices[text] { return known }
    let index = Int64(texts.count)
    indices[text] = index
    texts.append(text)
    return index
  }

  /// Nil for an index that nobody was given.
  public subscript(index: Int64) -> String? {
    texts.indices.contains(Int(index)) ? texts[Int(index)] : nil
  }
}
