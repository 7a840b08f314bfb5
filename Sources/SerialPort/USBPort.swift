import Glibc
public import Telemetry

/// A serial port of a USB adapter that is plugged in.
public struct USBPort: Hashable, Sendable {
  /// Says everything that is known of the adapter.
  public var name: USBPortName
  /// `/dev/ttyUSB0`
  public var path: String

  public init(name: USBPortName, path: String) {
    self.name = name
    self.path = path
  }

  /// All that are there, in order of their paths. Reads only.
  ///
  /// - Parameter system: where the kernel shows its devices.
  public static func present(system: String = "/sys") -> [USBPort] {
    names(in: "\(system)/class/tty").compactMap { tty -> USBPort? in
      guard let device = resolved("\(system)/class/tty/\(tty)/device") else { return nil }
      // The port's folder, or that of its interface; the adapter's is above.
      var place = device[...]
      while place.utf8.count > system.utf8.count, text("\(place)/bInterfaceNumber") == nil {
        place = place.prefix(upTo: place.lastIndex(of: "/") ?? place.startIndex)
      }
      guard let interface = text("\(place)/bInterfaceNumber").flatMap({ UInt8($0, radix: 16) }) else { return nil }
      let adapter = place.prefix(upTo: place.lastIndex(of: "/") ?? place.startIndex)
      guard let vendor = text("\(adapter)/idVendor").flatMap({ UInt16($0, radix: 16) }),
        let product = text("\(adapter)/idProduct").flatMap({ UInt16($0, radix: 16) })
      else { return nil }
      let name = USBPortName(
        vendor: vendor, product: product, serial: text("\(adapter)/serial"), interface: interface)
      return USBPort(name: name, path: "/dev/\(tty)")
    }
  }

  /// The path of a port as the configuration names it: itself, or that of the one USB port that fits.
  ///
  /// - Parameters:
  ///   - device: a path, or a ``USBPortName``.
  ///   - system: as in ``present(system:)``.
  public static func path(of device: String, system: String = "/sys") throws(PortFailure) -> String {
    guard let wanted = USBPortName(device) else { return device }
    let present = present(system: system)
    let fitting = present.filter { wanted.fits($0.name) }
    guard let found = fitting.first else {
      throw PortFailure(code: ENODEV, noneOf: present.map(\.label))
    }
    guard fitting.count == 1 else { throw PortFailure(code: EEXIST, severalOf: fitting.map(\.label)) }
    return found.path
  }

  /// `usb:0403:6001:A10K3:if00 (/dev/ttyUSB0)`
  private var label: String { "\(name.text) (\(path))" }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// A short file without the spaces around it; nil when there is none.
  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    var text = Substring(String(decoding: bytes[..<count], as: UTF8.self))
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text.isEmpty ? nil : String(text)
  }
}
