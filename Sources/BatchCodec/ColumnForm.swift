/// How a column of numbers is written: each number less what the ones before it lead one to expect, and all of these
/// residuals, less the smallest of them, in the same number of bits.
struct ColumnForm: Hashable {
  /// Times that differences are taken: 0 for noise around a level, 1 for what drifts or counts, 2 for what speeds up.
  var order: Int
  /// Index into ``widths``.
  var width: Int

  static let widths = [0, 1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64]
  static let maximumOrder = 2

  init(order: Int, width: Int) {
    self.order = order
    self.width = width
  }

  /// Nil when a form of this code does not exist.
  init?(code: UInt8) {
    self.init(order: Int(code >> 4), width: Int(code & 15))
    guard order <= Self.maximumOrder, width < Self.widths.count else { return nil }
  }

  var code: UInt8 { UInt8(order << 4 | width) }
  /// Of one residual.
  var bits: Int { Self.widths[width] }
  /// Bytes of one residual that go to planes; 0 when residuals are packed.
  var planes: Int { width <= 4 ? 0 : width - 3 }

  /// The narrowest width that holds `range`.
  static func width(for range: UInt64) -> Int {
    let bits = UInt64.bitWidth - range.leadingZeroBitCount
    switch bits {
    case 0...2: return bits
    case 3...4: return 3
    case 5...8: return 4
    default: return 3 + (bits + 7) / 8
    }
  }
}
