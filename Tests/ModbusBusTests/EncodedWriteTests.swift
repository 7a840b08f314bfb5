import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// The reference server's values are made of bytes by Python's own means: what a command makes of them must be the same.
@Suite("Commands of every type")
struct EncodedWriteTests {
  @Test("a command of every type in every order leaves in the device what it held", arguments: Medium.allCases)
  func allTypes(_ medium: Medium) throws {
    let server = try ModbusServer("reference_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    var kinds: [String: Int] = [:]
    for value in try ReferenceValue.list(server.lines) {
      let point = try value.point()
      // Bools and bytes take some bits of a register only; they have a test of their own.
      guard point.table == .holdingRegister, ![.bool, .int8, .uint8].contains(point.type) else { continue }
      guard let number = Self.number(value) else { continue }
      let one = CommandOverModbusTests.Case(point: point, value: .number(number), held: [])
      let request = try #require(CommandOverModbusTests.request(one), "\(value)")
      let held = try bus.read(request.readBack)
      #expect(request.content == .multiple(held), "\(value)")
      let zeros = WriteRequest(
        unit: 1, table: .holdingRegister, address: point.address,
        content: .multiple([UInt16](repeating: 0, count: held.count)))
      #expect(bus.write(zeros) { true } == .acknowledged)
      #expect(bus.write(request) { true } == .acknowledged)
      #expect(try bus.read(request.readBack) == held, "\(value)")
      kinds["\(point.type) \(point.order)", default: 0] += 1
    }
    #expect(kinds.count == 12 * WordOrder.allCases.count)
    // Of int64, uint64 and bcd64 some values have more digits than a command can.
    #expect(kinds.values.reduce(0, +) == (12 * 4 - 6) * WordOrder.allCases.count, "\(kinds)")
  }

  /// Nil when no double is this number.
  private static func number(_ value: ReferenceValue) -> Double? {
    guard let number = Double(value.value) else { return nil }
    if let whole = Int64(value.value), Int64(exactly: number) != whole { return nil }
    return number
  }
}
