/// A serial port named by its USB adapter: `usb:0403:6001`, `usb:0403:6001:A10K3`, `usb:0403:6001:A10K3:if01`.
///
/// Vendor and product as `lsusb` shows them, then the adapter's serial number, then the interface of an adapter with several
/// ports. What is left out may be anything.
public struct USBPortName: Hashable, Sendable {
  public static let prefix = "usb:"

  public var vendor: UInt16
  public var product: UInt16
  public var serial: String?
  public var interface: UInt8?

  public init(vendor: UInt16, product: UInt16, serial: String? = nil, interface: UInt8? = nil) {
    self.vendor = vendor
    self.product = product
    self.serial = serial
    self.interface = interface
  }

  /// Nil when the text is none.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    var parts = text.dropFirst(Self.prefix.count).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 2, let vendor = Self.identifier(parts[0]), let product = Self.identifier(parts[1]) else {
      return nil
    }
    var interface: UInt8?
    parts.removeFirst(2)
    if let last = parts.last, last.count == 4, last.hasPrefix("if"), let number = UInt8(last.dropFirst(2), radix: 16) {
      interface = number
      parts.removeLast()
    }
    // Some serial numbers have colons themselves.
    let serial = parts.joined(separator: ":")
    guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(vendor: vendor, product: product, serial: serial.isEmpty ? nil : serial, interface: interface)
  }

  private static func identifier(_ text: Substring) -> UInt16? {
    text.utf8.count == 4 ? UInt16(text, radix: 16) : nil
  }

  /// As it is written in a configuration.
  public var text: String {
    func digits(_ number: some BinaryInteger, _ width: Int) -> String {
      let text = String(number, radix: 16)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return Self.prefix + digits(vendor, 4) + ":" + digits(product, 4) + (serial.map { ":\($0)" } ?? "")
      + (interface.map { ":if" + digits($0, 2) } ?? "")
  }

  /// Whether a port, whose name says everything, is one of these.
  public func fits(_ port: Self) -> Bool {
    vendor == port.vendor && product == port.product && (serial == nil || serial == port.serial)
      && (interface == nil || interface == port.interface)
  }
}
