import GatewayCore
import Telemetry
import Testing

@Suite("Encoding registers")
struct PollingEncoderTests {
  @Test("what the table of the decoder decodes, the encoder encodes", arguments: PollingDecoderTests.cases)
  func inverse(_ one: PollingDecoderTests.Case) throws {
    let point = RegisterPoint(table: .holdingRegister, address: 7, type: one.type, order: one.order)
    let words = try RegisterEncoder.encode(one.value, as: point)
    // "Any bit set" reads as true, and true is written as the number 1.
    guard one.type == .bool, one.value == .boolean(true) else { return #expect(words == one.words) }
    #expect(words == [one.order.bytesAreLittleEndian ? 256 : 1])
  }

  @Test(
    "random values of every type come back in every order",
    arguments: RegisterType.allCases.filter { $0 != .string && $0 != .int8 && $0 != .uint8 })
  func roundTrip(type: RegisterType) throws {
    var generator = PollingTestGenerator(seed: 20_261_125)
    for order in WordOrder.allCases {
      let point = RegisterPoint(table: .holdingRegister, address: 0, type: type, order: order)
      for _ in 0..<500 {
        let words = (0..<point.entryCount).map { _ in UInt16.random(in: 0 ... .max, using: &generator) }
        guard let value = RegisterDecoder.decode(words, at: 0, as: point).value(type.valueType) else { continue }
        let written = try RegisterEncoder.encode(value, as: point)
        #expect(RegisterDecoder.decode(written, at: 0, as: point).value(type.valueType) == value)
      }
    }
  }

  @Test(
    "what a type cannot hold is refused in plain words",
    arguments: [
      (Value.integer(40_000), RegisterType.int16, "40000 does not fit into int16, which holds -32768 to 32767"),
      (.integer(-1), .uint16, "-1 does not fit into uint16, which holds 0 to 65535"),
      (.integer(1 << 32), .uint32, "4294967296 does not fit into uint32, which holds 0 to 4294967295"),
      (.float64(1.5), .int32, "1.5 is no whole number; int32 takes whole numbers"),
      (.boolean(true), .int16, "true is no whole number; int16 takes whole numbers"),
      (.integer(2), .bool, "2 is neither true nor false; a bool takes true, false, 1 or 0"),
      (.float64(.nan), .float32, "nan is no finite number; float32 takes numbers"),
      (.float64(1e39), .float32, "1e+39 does not fit into float32, which holds ±3.4028235e+38"),
      (.integer(16_777_217), .float32, "16777217 has more digits than float32 can hold"),
    ])
  func refused(value: Value, type: RegisterType, detail: String) {
    let point = RegisterPoint(table: .holdingRegister, address: 0, type: type)
    #expect(throws: RegisterEncodingError(detail)) { try RegisterEncoder.encode(value, as: point) }
  }

  @Test("a number is taken by every type that holds it exactly")
  func otherKinds() throws {
    func words(_ value: Value, _ type: RegisterType) throws -> [UInt16] {
      try RegisterEncoder.encode(value, as: RegisterPoint(table: .holdingRegister, address: 0, type: type))
    }
    #expect(try words(.float64(21), .int16) == [21])
    #expect(try words(.integer(1), .float32) == [0x3f80, 0])
    #expect(try words(.integer(1), .bool) == [1])
    #expect(try RegisterEncoder.encode(.boolean(true), as: RegisterPoint(table: .coil, address: 0, type: .bool)) == [1])
  }
}
