/// What happens to a reply on its way.
public enum Damage: Hashable, Sendable {
  /// RTU: the check sum is wrong. TCP: in turn another transaction's id, another function's code, a wrong byte count.
  case garbage
  /// Only so many bytes of the frame arrive, 1 to 255, and never the last.
  case truncated(bytes: Int)
  /// Twenty bytes of something else arrive.
  case noise
  /// It comes from another unit.
  case wrongUnit
  /// It answers another function.
  case wrongFunction
  /// It claims to have two bytes more than it has.
  case wrongCount
  /// It claims to have two bytes fewer than it has.
  case shortCount
  /// It comes twice.
  case duplicated

  /// Unit and reply as they stand in the frame; check sums and lengths are made afterwards, and are right.
  func content(_ unit: UInt8, _ reply: [UInt8]) -> (unit: UInt8, reply: [UInt8]) {
    var reply = reply
    switch self {
    case .wrongUnit: return (unit ^ 0x40, reply)
    // 1 and 2 change places with each other, and so do 3 and 4: the reply has the form of the other's.
    case .wrongFunction: reply[0] ^= reply[0] < 3 ? 3 : 7
    case .wrongCount: if reply.count > 1 { reply[1] &+= 2 }
    case .shortCount: if reply.count > 1 { reply[1] &-= 2 }
    case .garbage, .truncated, .noise, .duplicated: break
    }
    return (unit, reply)
  }

  /// The frame as it arrives.
  func frame(_ frame: [UInt8]) -> [UInt8] {
    switch self {
    case .truncated(let bytes): Array(frame.prefix(min(bytes, frame.count - 1)))
    case .noise: (0..<20).map { UInt8(truncatingIfNeeded: SplitMix64.mix(UInt64($0)) >> 24) }
    case .duplicated: frame + frame
    case .garbage, .wrongUnit, .wrongFunction, .wrongCount, .shortCount: frame
    }
  }
}
