import GatewayCore
import Telemetry

/// Which units of a serial line may still send the reply to an earlier request, and how to tell it from the next one.
///
/// An RTU reply names its unit, function and length, but not the request it answers. A reply that comes after the
/// time-out would pass for the answer to the next request of the same shape. Therefore the first request to a unit that
/// owes a reply is a *fence*: a small read of a shape that no owed reply can have. A device answers in order, so once
/// the fence is answered nothing older can come.
struct OwedReplies: Hashable {
  /// What an RTU reply shows of its request.
  struct Shape: Hashable {
    var function: UInt8
    var byteCount: Int

    init(function: UInt8, byteCount: Int) {
      self.function = function
      self.byteCount = byteCount
    }

    /// - Parameter reply: its function code and what follows it.
    init(reply: [UInt8]) {
      function = reply[0]
      byteCount = (1...4).contains(reply[0]) && reply.count > 1 ? Int(reply[1]) : 0
    }

    func isException(to function: UInt8) -> Bool { self.function == function | 0x80 }

    init(_ request: ReadRequest) {
      function = request.table.readFunction
      byteCount = request.table.isBits ? (request.count + 7) / 8 : request.count * 2
    }
  }

  /// Most shapes remembered for a unit; the oldest is forgotten first. By then, as many time-outs have passed.
  static let capacity = 16

  private var shapes: [UInt8: [Shape]] = [:]

  /// A request to the unit ended without its reply, which would have this shape. That to a write fits no read.
  mutating func add(_ unit: UInt8, _ shape: Shape) {
    var list = shapes[unit, default: []]
    list.removeAll { $0 == shape }
    list.append(shape)
    if list.count > Self.capacity { list.removeFirst() }
    shapes[unit] = list
  }

  /// A fence was answered: nothing older can come.
  mutating func settle(_ unit: UInt8) {
    shapes[unit] = nil
  }

  /// Whether a reply that looks so may be one that is owed.
  func contains(_ unit: UInt8, _ shape: Shape) -> Bool {
    shapes[unit]?.contains { $0 == shape || shape.isException(to: $0.function) } == true
  }

  /// The read to send before `request`, nil when its unit owes nothing: of the same table and place, so that the
  /// device most likely has it, and as short as the owed shapes allow.
  func fence(before request: ReadRequest) -> ReadRequest? {
    guard let owed = shapes[request.unit] else { return nil }
    let step = request.table.isBits ? 8 : 1
    for index in 0...Self.capacity + 1 {
      var fence = request
      fence.count = 1 + index * step
      fence.address = UInt16(min(Int(request.address), 65_536 - fence.count))
      if !owed.contains(Shape(fence)) && Shape(fence) != Shape(request) { return fence }
    }
    return nil
  }
}
