import Glibc

/// Why a serial port cannot be opened or set.
public struct PortFailure: Error, Hashable, Sendable {
  /// An `errno` of the system.
  public var code: Int32
  /// What happened and what to do, where the code does not say enough.
  private var cause: String?
  private var cure: String?

  public init(code: Int32) {
    self.code = code
  }

  /// No USB adapter fits.
  ///
  /// - Parameter present: those that are there.
  init(code: Int32, noneOf present: [String]) {
    self.code = code
    cause = "no such adapter is plugged in"
    cure =
      present.isEmpty
      ? "no USB adapter with a serial port is there: plug it in, then look at: dmesg | tail"
      : "plug it in, or name one that is there: \(present.joined(separator: ", "))"
  }

  /// More than one USB port fits.
  init(code: Int32, severalOf fitting: [String]) {
    self.code = code
    cause = "\(fitting.count) ports fit"
    cure = "add serial number or interface: \(fitting.joined(separator: ", "))"
  }

  /// What happened.
  public var text: String { cause ?? plainText }

  private var plainText: String { code == EWOULDBLOCK ? "locked by another program" : String(cString: strerror(code)) }

  /// What to do next.
  public func advice(on device: String) -> String {
    if let cure { return cure }
    return switch code {
    case ENOENT, ENODEV, ENXIO: "plug in the adapter, or choose another port from /dev/serial/by-id"
    case EACCES: "add the user to the group dialout and start the service again"
    case EPERM: Self.devicePolicyAdvice(device)
    case EBUSY, EWOULDBLOCK: "another program uses it; `fuser -v \(device)` names it"
    case ENOTTY: "this is not a serial port; choose one from /dev/serial/by-id"
    case EINVAL: "the adapter refuses baud rate, parity or stop bits; choose others"
    case EMFILE, ENFILE: "too many open files; raise LimitNOFILE of the service"
    default: "unplug the adapter and plug it in again"
    }
  }

  /// The permissions of the file are good; the unit's DeviceAllow= does not name this kind of port (systemd answers EPERM).
  private static func devicePolicyAdvice(_ device: String) -> String {
    "the service may not use this kind of port: `systemctl edit fieldgate`, add the lines [Service] and "
      + "DeviceAllow=char-\(driver(of: device) ?? "NAME") rw (the name is that in /proc/devices), "
      + "then `systemctl daemon-reload` and `systemctl restart fieldgate`"
  }

  /// The name under which /proc/devices lists a port: that of its file without the number. Links are followed, because
  /// those in /dev/serial/by-id have names of their own.
  public static func driver(of device: String) -> String? {
    guard let resolved = realpath(device, nil) else { return nil }
    defer { free(resolved) }
    var name = String(cString: resolved).split(separator: "/").last ?? ""
    while name.last?.isNumber == true { name.removeLast() }
    return name.isEmpty ? nil : String(name)
  }
}
