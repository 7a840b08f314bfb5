/// What a paced serial line saw: the silences before requests, and the time that its wire was busy.
public struct LineRecord: Hashable, Sendable {
  /// Of one unit.
  public struct Unit: Hashable, Sendable {
    /// Requests with a right check sum that came to it.
    public var requests = 0
    /// Nanoseconds between the end of the frame before and the start of a request to it; nil before the second frame.
    public var shortestSilence: Int64?
  }

  public var units: [UInt8: Unit] = [:]
  /// Requests that a strict line did not take for frames, because they came too soon.
  public var tooEarly = 0
  /// Nanoseconds that the shortest exchanges possible would have taken: all characters of requests and replies, and two
  /// silences of 3.5 characters for each reply.
  public var leastTime: Int64 = 0

  mutating func request(_ unit: UInt8, silence: Int64?) {
    units[unit, default: Unit()].requests += 1
    guard let silence else { return }
    units[unit, default: Unit()].shortestSilence = min(units[unit]?.shortestSilence ?? .max, silence)
  }
}
