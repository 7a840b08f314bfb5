import GatewayCore
import Telemetry
import Testing

@testable import ModbusBus

@Suite("Telling late replies from right ones")
struct OwedRepliesTests {
  static let requests: [ReadRequest] = [
    ReadRequest(unit: 3, table: .holdingRegister, address: 100, count: 1),
    ReadRequest(unit: 3, table: .holdingRegister, address: 100, count: 2),
    ReadRequest(unit: 3, table: .holdingRegister, address: 0, count: 125),
    ReadRequest(unit: 3, table: .inputRegister, address: 65_535, count: 1),
    ReadRequest(unit: 3, table: .inputRegister, address: 65_411, count: 125),
    ReadRequest(unit: 3, table: .coil, address: 0, count: 1),
    ReadRequest(unit: 3, table: .coil, address: 9, count: 8),
    ReadRequest(unit: 3, table: .discreteInput, address: 65_535, count: 1),
    ReadRequest(unit: 3, table: .discreteInput, address: 0, count: 2_000),
  ]

  @Test("only the unit that owes a reply is asked with a fence first")
  func nothingOwed() {
    var owed = OwedReplies()
    owed.add(3, OwedReplies.Shape(Self.requests[0]))
    for request in Self.requests {
      var other = request
      other.unit = 4
      #expect(owed.fence(before: other) == nil)
      #expect(owed.fence(before: request) != nil)
    }
    owed.settle(3)
    #expect(Self.requests.allSatisfy { owed.fence(before: $0) == nil })
  }

  @Test(
    "a fence looks like no owed reply and not like the request after it, however many are owed", arguments: requests)
  func distinct(_ request: ReadRequest) throws {
    var owed = OwedReplies()
    var shapes: [OwedReplies.Shape] = []
    owed.add(3, OwedReplies.Shape(request))
    shapes.append(OwedReplies.Shape(request))
    for _ in 0..<100 {
      let fence = try #require(owed.fence(before: request))
      let shape = OwedReplies.Shape(fence)
      #expect(!shapes.suffix(OwedReplies.capacity).contains(shape))
      #expect(shape != OwedReplies.Shape(request))
      #expect((1...fence.table.maximumReadCount).contains(fence.count))
      #expect(Int(fence.address) + fence.count <= 65_536)
      #expect(fence.unit == request.unit && fence.table == request.table)
      owed.add(3, shape)
      shapes.append(shape)
    }
  }

  @Test("a reply is known for an owed one by its unit, function and length, an exception by its function")
  func recognised() {
    var owed = OwedReplies()
    owed.add(3, OwedReplies.Shape(Self.requests[1]))
    func isOwed(_ unit: UInt8, _ reply: [UInt8]) -> Bool { owed.contains(unit, OwedReplies.Shape(reply: reply)) }
    #expect(isOwed(3, [3, 4, 0, 0, 0, 0]) && isOwed(3, [0x83, 2]))
    #expect(!isOwed(4, [3, 4, 0, 0, 0, 0]) && !isOwed(4, [0x83, 2]))
    #expect(!isOwed(3, [3, 2, 0, 0]) && !isOwed(3, [4, 4, 0, 0, 0, 0]) && !isOwed(3, [0x84, 2]))
    owed.add(3, OwedReplies.Shape(function: 6, byteCount: 0))
    #expect(isOwed(3, [6, 0, 1, 0, 5]))
  }

  @Test("a fence asks for what the device has, where the request is long enough")
  func harmless() {
    var owed = OwedReplies()
    let request = ReadRequest(unit: 3, table: .holdingRegister, address: 40, count: 10)
    owed.add(3, OwedReplies.Shape(request))
    #expect(owed.fence(before: request) == ReadRequest(unit: 3, table: .holdingRegister, address: 40, count: 1))
  }
}
