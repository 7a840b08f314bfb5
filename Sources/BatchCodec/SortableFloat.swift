/// IEEE 754 patterns as integers in the order of the numbers they stand for, so that near numbers have small differences.
/// One to one for every pattern, NaNs included.
enum SortableFloat {
  static func order(_ pattern: UInt32) -> Int32 {
    let signed = Int32(bitPattern: pattern)
    return signed >= 0 ? signed : signed ^ 0x7fff_ffff
  }

  static func pattern(_ ordered: Int32) -> UInt32 {
    UInt32(bitPattern: ordered >= 0 ? ordered : ordered ^ 0x7fff_ffff)
  }

  static func order(_ pattern: UInt64) -> Int64 {
    let signed = Int64(bitPattern: pattern)
    return signed >= 0 ? signed : signed ^ Int64.max
  }

  static func pattern(_ ordered: Int64) -> UInt64 {
    UInt64(bitPattern: ordered >= 0 ? ordered : ordered ^ Int64.max)
  }
}
