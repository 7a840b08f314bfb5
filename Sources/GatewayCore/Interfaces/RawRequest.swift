/// A question of a technician to a device, as bytes: which functions it has, what it calls itself.
///
/// Only functions that change nothing are let through.
public struct RawRequest: Hashable, Sendable {
  public var unit: UInt8
  /// The function code and what follows it.
  public let bytes: [UInt8]

  /// 1 to 4 read, 17 tells what the device is, 43 reads its identification (Modbus Application Protocol 1.1b3, section 6).
  public static let allowedFunctions: Set<UInt8> = [1, 2, 3, 4, 17, 43]
  public static let maximumBytes = 64

  /// Nil for a function that is not allowed, and for more than ``maximumBytes`` bytes.
  public init?(unit: UInt8, bytes: [UInt8]) {
    guard let function = bytes.first, Self.allowedFunctions.contains(function), bytes.count <= Self.maximumBytes else {
      return nil
    }
    self.unit = unit
    self.bytes = bytes
  }
}
