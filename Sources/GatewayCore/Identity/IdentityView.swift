import Telemetry

/// What stands in the identity directory (docs/identity.md), as the renewal needs it.
public struct IdentityView: Hashable, Sendable {
  public struct Certificate: Hashable, Sendable {
    /// Hexadecimal.
    public var serial: String
    /// Seconds since 1970.
    public var notBefore: Int64
    public var notAfter: Int64

    public init(serial: String, notBefore: Int64, notAfter: Int64) {
      self.serial = serial
      self.notBefore = notBefore
      self.notAfter = notAfter
    }

    /// Seconds; at least 1.
    var life: Int64 { max(1, notAfter - notBefore) }

    /// From when on it is renewed: two thirds of its life, and up to a tenth more that its serial decides, so that gateways
    /// that were enrolled together do not all come together.
    public var renewal: Int64 {
      let hash = FNV1a.hash(serial.utf8)
      return notBefore + life * 2 / 3 + Int64(hash >> 40) * life / 10 / (1 << 24)
    }
  }

  /// One numbered directory.
  public struct Slot: Hashable, Sendable {
    public var number: Int
    public var hasKey: Bool
    /// Only where the directory is whole.
    public var certificate: Certificate?

    public init(number: Int, hasKey: Bool, certificate: Certificate?) {
      self.number = number
      self.hasKey = hasKey
      self.certificate = certificate
    }
  }

  /// What the link points to.
  public var current: Int?
  /// The lowest number first.
  public var slots: [Slot]

  public init(current: Int?, slots: [Slot]) {
    self.current = current
    self.slots = slots
  }

  /// Of the directory in use, where it is whole.
  public var certificate: Certificate? { slots.first { $0.number == current }?.certificate }
}
