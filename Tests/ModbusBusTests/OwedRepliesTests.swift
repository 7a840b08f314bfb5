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
    owed.add(Self.requests[0])
    for request in Self.requests {
      var other = request
      other.unit = 4
      #expect(owed.fence(before: other) == nil)
      #expect(owed.fence(before: request) != nil)
    }
    #expect(owed.containsOther(than: 4) && !owed.containsOther(than: 3))
    owed.settle(3)
    #expect(Self.requests.allSatisfy { owed.fence(before: $0) == nil })
    #expect(!owed.containsOther(than: 4))
  }

  @Test(
    "a fence looks like no owed reply and not like the request after it, however many are owed", arguments: requests)
  func distinct(_ request: ReadRequest) throws {
    var owed = OwedReplies()
    var shapes: [OwedReplies.Shape] = []
    owed.add(request)
    shapes.append(OwedReplies.Shape(request))
    for _ in 0..<100 {
      let fence = try #require(owed.fence(before: request))
      let shape = OwedReplies.Shape(fence)
      #expect(!shapes.suffix(OwedReplies.capacity).contains(shape))
      #expect(shape != OwedReplies.Shape(request))
      #expect((1...fence.table.maximumReadCount).contains(fence.count))
      #expect(Int(fence.address) + fence.count <= 65_536)
      #expect(fence.unit == request.unit && fence.table == request.table)
      owed.add(fence)
      shapes.append(shape)
    }
  }

  @Test("a fence asks for what the device has, where the request is long enough")
  func harmless() {
    var owed = OwedReplies()
    let request = ReadRequest(unit: 3, table: .holdingRegister, address: 40, count: 10)
    owed.add(request)
    #expect(owed.fence(before: request) == ReadRequest(unit: 3, table: .holdingRegister, address: 40, count: 1))
  }
}
