/// What bytes from a port say about its settings: text is mostly printable, and wrong settings leave traces.
public struct BaudGuess: Hashable, Sendable {
  /// Fewer bytes say nothing.
  static let enough = 24

  public private(set) var bytes = 0
  /// Bytes that the port marked as wrong.
  public private(set) var marked = 0
  private var printable = 0
  /// Printable once the eighth bit is taken off.
  private var printableInSeven = 0
  /// Changes between neighbouring bits.
  private var transitions = 0
  private var markState = 0

  public init() {}

  /// Takes bytes as a port with PARMRK gives them, see ``LineFramer``.
  public mutating func take(_ new: some Sequence<UInt8>) {
    for byte in new {
      switch (markState, byte) {
      case (0, 0xff): markState = 1
      case (0, _): count(byte)
      case (1, 0): markState = 2
      default:
        if markState == 2 { marked += 1 }
        markState = 0
        count(byte)
      }
    }
  }

  private mutating func count(_ byte: UInt8) {
    bytes += 1
    if Self.isText(byte) { printable += 1 }
    if Self.isText(byte & 0x7f) { printableInSeven += 1 }
    // Of the seven places between eight bits.
    transitions += ((byte ^ byte >> 1) & 0x7f).nonzeroBitCount
  }

  private static func isText(_ byte: UInt8) -> Bool {
    (0x20...0x7e).contains(byte) || byte == 0x0d || byte == 0x0a || byte == 0x09 || byte == 0x02 || byte == 0x03
  }

  /// 0 (certainly wrong) to 1 (clean text); nil when too little came.
  public var score: Double? {
    bytes < Self.enough ? nil : max(0, Double(printable - marked) / Double(bytes))
  }

  /// What to try next; nil when the bytes look like text, or when too little came.
  public var hint: String? {
    guard let score, score < 0.9 else { return nil }
    if Double(printableInSeven) >= 0.95 * Double(bytes), printable < bytes {
      return "the bytes are text in seven bits with a parity bit: try 7 data bits, parity even or odd"
    }
    if Double(marked) > 0.02 * Double(bytes), Double(printable) >= 0.9 * Double(bytes) {
      return "the bytes are text, but the port sees wrong parity: try another parity, or none with 8 data bits"
    }
    // A slower sender's bits last for several of ours: long runs of equal bits.
    return Double(transitions) <= 2 * Double(bytes)
      ? "the bytes are no text, in long runs of equal bits: try a lower baud rate"
      : "the bytes are no text: try a higher baud rate; if none fits, the protocol is binary"
  }
}
