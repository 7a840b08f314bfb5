/// A measurement command of SDI-12 1.4, without the address: `M`, `M3`, `C`, `R0` …
public struct SDI12Command: Hashable, Sendable {
  public enum Kind: String, Sendable {
    /// Start a measurement; the line belongs to the sensor until it has finished (section 4.4.6).
    case measurement = "M"
    /// Start a measurement beside those of other sensors (section 4.4.8).
    case concurrent = "C"
    /// Read a sensor that measures all the time (section 4.4.10).
    case continuous = "R"
  }

  public var kind: Kind
  /// 0 to 9; `M` and `C` are their own number 0.
  public var number: Int

  public static let usual = Self(kind: .measurement, number: 0)

  public init(kind: Kind, number: Int) {
    self.kind = kind
    self.number = number
  }

  /// From `M`, `M1` to `M9`, `C`, `C1` to `C9`, `R0` to `R9`.
  public init?(_ text: some StringProtocol) {
    guard let first = text.first, let kind = Kind(rawValue: String(first)), text.utf8.count <= 2 else { return nil }
    let digits = text.dropFirst()
    guard let number = digits.isEmpty ? (kind == .continuous ? nil : 0) : Int(digits), (0...9).contains(number),
      kind == .continuous || digits != "0"
    else { return nil }
    self.init(kind: kind, number: number)
  }

  /// As it is sent, without the address and the `!`.
  func text(withChecksum: Bool) -> String {
    let digit = number == 0 && kind != .continuous ? "" : String(number)
    return kind.rawValue + (withChecksum ? "C" : "") + digit
  }

  public var name: String { text(withChecksum: false) }

  /// From a field of a tag: `3` is the third value of `M`, `C1.2` the second of `C1`. Values are 1 to 99.
  public static func field(_ text: String) -> (command: SDI12Command, value: Int)? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let last = parts.last, let value = Int(last), (1...99).contains(value),
      last.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    guard parts.count == 2 else { return (.usual, value) }
    return SDI12Command(parts[0]).map { ($0, value) }
  }
}
