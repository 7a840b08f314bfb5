public import Telemetry

/// What the gateway's parts want to know again after a restart: named sections of bytes, in one file.
///
/// Format: `docs/formats/state.md`. The sections' contents are their owners' affair; the check sum over all of it finds
/// damage, and a file with any is not used at all.
public struct SavedState: Hashable, Sendable {
  /// The bytes cannot be used.
  public struct Damage: Error, Hashable, CustomStringConvertible, Sendable {
    public var description: String
  }

  public static let maximumBytes = 256 << 20
  public static let maximumSections = 64
  public static let maximumNameBytes = 64
  private static let head = Array("FGSTATE1".utf8)

  /// When it was saved, by both clocks.
  public var wall: Timestamp
  public var monotonic: MonotonicTime
  /// Names the run of the machine that `monotonic` counts from; at most 64 bytes of UTF-8.
  public var boot: String
  /// By name; at most ``maximumSections``, names of 1 to 64 bytes of UTF-8.
  public var sections: [String: [UInt8]]

  public init(wall: Timestamp, monotonic: MonotonicTime, boot: String, sections: [String: [UInt8]]) {
    self.wall = wall
    self.monotonic = monotonic
    self.boot = boot
    self.sections = sections
  }

  /// How long ago it was saved: by the boot clock when the machine was not restarted since, otherwise by the wall clock;
  /// never negative.
  public func elapsed(wall: Timestamp, monotonic: MonotonicTime, boot: String) -> Duration {
    let isSameBoot = !boot.isEmpty && boot == self.boot
    return max(.zero, isSameBoot ? monotonic - self.monotonic : wall - self.wall)
  }

  // MARK: Bytes

  /// - Precondition: names and sizes are within their limits.
  public func encoded() -> [UInt8] {
    precondition(sections.count <= Self.maximumSections, "too many sections")
    var bytes = Self.head
    Self.append(UInt64(bitPattern: wall.milliseconds), to: &bytes)
    Self.append(UInt64(bitPattern: monotonic.nanoseconds), to: &bytes)
    Self.append(boot, to: &bytes)
    bytes.append(UInt8(sections.count))
    for (name, section) in sections.sorted(by: { $0.key < $1.key }) {
      precondition(!name.isEmpty, "a section without a name")
      Self.append(name, to: &bytes)
      Self.append(UInt64(section.count), to: &bytes)
      bytes += section
    }
    Self.append(FNV1a.hash(bytes), to: &bytes)
    precondition(bytes.count <= Self.maximumBytes, "a state of \(bytes.count) bytes")
    return bytes
  }

  public init(bytes: [UInt8]) throws(Damage) {
    guard bytes.count <= Self.maximumBytes else { throw Damage(description: "it has \(bytes.count) bytes") }
    guard bytes.starts(with: Self.head) else {
      throw Damage(description: "it is no saved state, or one of another version")
    }
    let end = bytes.count - 8
    guard end >= Self.head.count, Self.number(bytes[end...]) == FNV1a.hash(bytes[..<end]) else {
      throw Damage(description: "its check sum is wrong")
    }
    var rest = bytes[Self.head.count..<end]
    wall = Timestamp(milliseconds: Int64(bitPattern: Self.number(try Self.take(8, &rest))))
    monotonic = MonotonicTime(nanoseconds: Int64(bitPattern: Self.number(try Self.take(8, &rest))))
    boot = try Self.text(&rest)
    let count = try Self.take(1, &rest).first ?? 0
    sections = [:]
    for _ in 0..<count {
      let name = try Self.text(&rest)
      let length = Self.number(try Self.take(8, &rest))
      guard length <= UInt64(rest.count) else { throw Damage(description: "it is cut off") }
      sections[name] = Array(try Self.take(Int(length), &rest))
    }
    guard rest.isEmpty else { throw Damage(description: "it has more bytes than it says") }
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    precondition(text.utf8.count <= maximumNameBytes, "a name of \(text.utf8.count) bytes")
    bytes.append(UInt8(text.utf8.count))
    bytes += text.utf8
  }

  private static func take(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws(Damage) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Damage(description: "it is cut off") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) throws(Damage) -> String {
    let count = Int(try take(1, &rest).first ?? 0)
    guard let text = String(validating: try take(count, &rest), as: UTF8.self) else {
      throw Damage(description: "a name in it is no text")
    }
    return text
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
