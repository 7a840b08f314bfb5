/// One sensor on an SDI-12 bus.
public struct SDI12Sensor: Hashable, Sendable {
  /// A digit or a letter; "0" is the factory's setting.
  public var address: UInt8
  /// Replies carry a check sum (commands MC, CC, RC; SDI-12 1.3 and later).
  public var hasChecksum: Bool

  public init(address: UInt8, hasChecksum: Bool = false) {
    self.address = address
    self.hasChecksum = hasChecksum
  }

  public static func isAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }
}
