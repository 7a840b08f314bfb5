import CFYAML
import GatewayConfiguration

/// Builds the tree from libfyaml's events, which carry the line and column of every node.
struct YAMLTreeBuilder {
  static let maximumDepth = 32
  static let maximumNodes = 1 << 20

  private enum Open {
    case sequence([YAMLNode], at: FilePosition)
    case mapping([YAMLNode.Entry], key: YAMLNode?, at: FilePosition)
  }

  /// The whole file.
  let source: UnsafeBufferPointer<UInt8>
  private var open: [Open] = []
  private var nodes = 0
  private var documents = 0
  private(set) var root: YAMLNode?

  init(source: UnsafeBufferPointer<UInt8>) { self.source = source }

  /// - Throws: a diagnostic for what YAML allows and a configuration does not.
  mutating func take(_ event: UnsafeMutablePointer<fy_event>) throws(Diagnostic) {
    let position = Self.position(event)
    switch event.pointee.type {
    case FYET_DOCUMENT_START:
      documents += 1
      if documents > 1 {
        throw Diagnostic(
          .error, at: position, "there is a second document", hint: "remove the line '---' and what follows")
      }
    case FYET_SCALAR:
      let token = fy_event_get_token(event)
      let isQuoted = token != nil && fy_token_scalar_style(token) != FYSS_PLAIN
      let text = Self.text(token)
      let written = written(event, text)
      try add(YAMLNode(.scalar(text, isQuoted: isQuoted), at: position, written: written))
    case FYET_ALIAS:
      throw Diagnostic(
        .error, at: position, "references (*name) are not allowed in a configuration", hint: "write the value out")
    case FYET_SEQUENCE_START: try begin(.sequence([], at: position), at: position)
    case FYET_MAPPING_START: try begin(.mapping([], key: nil, at: position), at: position)
    case FYET_SEQUENCE_END, FYET_MAPPING_END: try end()
    default: break
    }
  }

  private mutating func begin(_ new: Open, at position: FilePosition) throws(Diagnostic) {
    guard open.count < Self.maximumDepth else {
      throw Diagnostic(.error, at: position, "nested more than \(Self.maximumDepth) deep")
    }
    open.append(new)
  }

  private mutating func end() throws(Diagnostic) {
    switch open.popLast() {
    case .sequence(let items, let position): try add(YAMLNode(.sequence(items), at: position))
    case .mapping(let entries, _, let position): try add(YAMLNode(.mapping(entries), at: position))
    case nil: break
    }
  }

  private mutating func add(_ node: YAMLNode) throws(Diagnostic) {
    nodes += 1
    guard nodes <= Self.maximumNodes else {
      throw Diagnostic(.error, at: node.position, "the file has more than \(Self.maximumNodes) values")
    }
    switch open.popLast() {
    case nil: root = node
    case .sequence(var items, let position):
      items.append(node)
      open.append(.sequence(items, at: position))
    case .mapping(let entries, nil, let position):
      open.append(.mapping(entries, key: node, at: position))
    case .mapping(var entries, let key?, let position):
      entries.append(.init(key: key, value: node))
      open.append(.mapping(entries, key: nil, at: position))
    }
  }

  private static func position(_ event: UnsafeMutablePointer<fy_event>) -> FilePosition {
    guard let mark = fy_event_start_mark(event) else { return FilePosition(line: 1, column: 1) }
    return FilePosition(line: Int(mark.pointee.line) + 1, column: Int(mark.pointee.column) + 1)
  }

  /// What stands in the file, without quotes, when it is not the text itself.
  private func written(_ event: UnsafeMutablePointer<fy_event>, _ text: String) -> String? {
    guard let start = fy_event_start_mark(event)?.pointee.input_pos,
      let end = fy_event_end_mark(event)?.pointee.input_pos, start <= end, end <= source.count,
      end - start != text.utf8.count
    else { return nil }
    return String(decoding: UnsafeBufferPointer(rebasing: source[start..<end]), as: UTF8.self)
  }

  private static func text(_ token: OpaquePointer?) -> String {
    var length = 0
    guard let token, let bytes = fy_token_get_text(token, &length) else { return "" }
    return bytes.withMemoryRebound(to: UInt8.self, capacity: length) {
      String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
    }
  }
}
