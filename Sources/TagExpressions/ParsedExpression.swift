/// An expression whose text is well-formed; which tags there are, and whether they fit, is not known yet.
public struct ParsedExpression: Sendable {
  public let text: String
  let root: ExpressionNode
  /// The device whose tags need no device before them.
  let device: String

  /// - Parameter device: the computed device it stands in.
  public init(_ text: String, in device: String) throws(ExpressionError) {
    self.text = text
    self.device = device
    root = try ExpressionParser.tree(text)
  }

  /// The tags it names, each once, in the order in which they stand; they need not exist.
  public var references: [TagName] {
    var names: [TagName] = []
    var seen: Set<TagName> = []
    Self.visit(root, device) { if seen.insert($0).inserted { names.append($0) } }
    return names
  }

  private static func visit(_ node: ExpressionNode, _ device: String, _ body: (TagName) -> Void) {
    switch node.kind {
    case .number, .truth, .text: break
    case .tag(let name): body(name)
    case .word(let word): body(TagName(device: device, tag: word))
    case .negated(let inner), .not(let inner): visit(inner, device, body)
    case .binary(_, let left, let right):
      visit(left, device, body)
      visit(right, device, body)
    case .call(_, let values): for value in values { visit(value, device, body) }
    }
  }
}
