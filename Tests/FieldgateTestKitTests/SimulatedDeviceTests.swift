import FieldgateTestKit
import Telemetry
import Testing

private let now = MonotonicTime(nanoseconds: 1_000_000_000)

@Suite("Simulated devices")
struct SimulatedDeviceTests {
  private static func device(_ tags: [SimulatedTag], fillsGaps: Bool = false) -> SimulatedDevice {
    SimulatedDevice(name: "d", unit: 1, fillsGaps: fillsGaps, tags: tags)
  }

  private static let tenth = DecimalNumber(units: 1, decimals: 1)

  @Test(
    "Values stand in registers in the order of words and bytes that the tag names",
    arguments: [
      (.int16, .bigBig, -2, [0xfffe]), (.uint16, .bigLittle, 0x1234, [0x3412]), (.uint16, .littleBig, 0x1234, [0x1234]),
      (.uint32, .bigBig, 0x0a0b_0c0d, [0x0a0b, 0x0c0d]), (.uint32, .littleBig, 0x0a0b_0c0d, [0x0c0d, 0x0a0b]),
      (.uint32, .bigLittle, 0x0a0b_0c0d, [0x0b0a, 0x0d0c]), (.uint32, .littleLittle, 0x0a0b_0c0d, [0x0d0c, 0x0b0a]),
      (.int32, .bigBig, -1, [0xffff, 0xffff]), (.float32, .bigBig, 1.5, [0x3fc0, 0]),
      (.float32, .littleBig, 1.5, [0, 0x3fc0]), (.float64, .bigBig, 1.5, [0x3ff8, 0, 0, 0]),
      (.float64, .littleLittle, 1.5, [0, 0, 0, 0xf83f]), (.int64, .bigBig, 0x0001_0002_0003, [0, 1, 2, 3]),
      (.int64, .littleBig, -2, [0xfffe, 0xffff, 0xffff, 0xffff]), (.uint16, .bigBig, 70_000, [0xffff]),
      (.uint16, .bigBig, -5, [0]), (.int16, .bigBig, -40_000, [0x8000]),
    ] as [(RegisterType, WordOrder, Double, [UInt16])])
  func encoding(type: RegisterType, order: WordOrder, value: Double, registers: [UInt16]) {
    var device = Self.device([SimulatedTag("v", .holdingRegister, 7, type, order: order, .constant(value))])
    let reply = device.reply(to: [3, 0, 7, 0, UInt8(registers.count)], at: now)
    let expected = registers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    #expect(reply == [3, UInt8(expected.count)] + expected)
  }

  @Test("Scaled values are encoded as the gateway decodes them")
  func scaling() {
    let tag = SimulatedTag(
      "t", .inputRegister, 0, .int16, scale: Self.tenth, offset: DecimalNumber(units: -40, decimals: 0), .constant(-4.7)
    )
    #expect(tag.entries(for: -4.7) == [353])
    #expect(tag.value(of: [353]) == -4.7)
    #expect(SimulatedTag("t", .inputRegister, 0, .int16, scale: Self.tenth, .scanCounter).value(of: [559]) == 55.9)
  }

  @Test("Bits are packed from the lowest upward")
  func bits() {
    let tags = (0..<10).map {
      SimulatedTag("b\($0)", .discreteInput, UInt16($0), .constant([0, 2, 9].contains($0) ? 1 : 0))
    }
    var device = Self.device(tags)
    #expect(device.reply(to: [2, 0, 0, 0, 10], at: now) == [2, 2, 0b101, 0b10])
    #expect(device.reply(to: [2, 0, 2, 0, 1], at: now) == [2, 1, 1])
  }

  private static let refusing = device([
    SimulatedTag("a", .holdingRegister, 10, .uint16, .constant(1)),
    SimulatedTag("b", .holdingRegister, 12, .uint16, .constant(2)),
    SimulatedTag("last", .holdingRegister, 65_535, .uint16, .constant(3)), SimulatedTag("coil", .coil, 0, .constant(0)),
    SimulatedTag("n", .holdingRegister, 20, .uint32, .scanCounter),
  ])

  @Test(
    "What the protocol forbids is refused with its exception",
    arguments: [
      ([3, 0, 9, 0, 1], 2), ([3, 0, 10, 0, 3], 2), ([3, 0, 10, 0, 0], 3), ([3, 0, 10, 0, 126], 3), ([3, 0, 10, 0], 3),
      ([3, 0, 10, 0, 1, 0], 3), ([3, 0xff, 0xff, 0, 2], 2), ([1, 0, 0, 0x07, 0xd1], 3), ([1, 0, 0, 0x07, 0xd0], 2),
      ([4, 0, 10, 0, 1], 2), ([7], 1), ([43, 14, 1, 0], 1), ([0x17, 0, 0, 0, 1], 1), ([5, 0, 0, 0x12, 0], 3),
      ([5, 0, 1, 0xff, 0], 2), ([6, 0, 11, 0, 1], 2), ([6, 0, 10], 3), ([16, 0, 10, 0, 1, 3, 0, 1, 0], 3),
      ([16, 0, 10, 0, 1, 2, 0], 3), ([16, 0, 10, 0, 0, 0], 3), ([15, 0, 0, 0, 9, 1, 0], 3), ([6, 0, 20, 0, 1], 2),
      ([16, 0, 19, 0, 2, 4, 0, 1, 0, 1], 2),
    ] as [([UInt8], UInt8)])
  func exceptions(request: [UInt8], code: UInt8) {
    var device = Self.refusing
    #expect(device.reply(to: request, at: now) == [request[0] | 0x80, code])
    #expect(device.goodReplies == 0)
  }

  @Test("The greatest counts are served: 125 registers, 2000 bits")
  func greatestCounts() {
    var device = Self.device(
      [
        SimulatedTag("first", .holdingRegister, 0, .uint16, .constant(1)),
        SimulatedTag("last", .holdingRegister, 124, .uint16, .constant(2)), SimulatedTag("b", .coil, 0, .constant(1)),
        SimulatedTag("e", .coil, 1_999, .constant(1)),
      ], fillsGaps: true)
    #expect(device.reply(to: [3, 0, 0, 0, 125], at: now).count == 252)
    #expect(device.reply(to: [1, 0, 0, 0x07, 0xd0], at: now).count == 252)
    #expect(device.reply(to: [3, 0, 1, 0, 123], at: now).dropFirst(2).allSatisfy { $0 == 0 })
  }

  @Test("What is written stays, and is acknowledged as the protocol says")
  func writes() {
    var device = Self.device(
      (0..<4).map { SimulatedTag("r\($0)", .holdingRegister, UInt16($0), .uint16, .constant(9)) }
        + (0..<10).map { SimulatedTag("c\($0)", .coil, UInt16($0), .constant(0)) })
    #expect(device.reply(to: [6, 0, 1, 0x12, 0x34], at: now) == [6, 0, 1, 0x12, 0x34])
    #expect(device.reply(to: [16, 0, 2, 0, 2, 4, 0, 1, 0, 2], at: now) == [16, 0, 2, 0, 2])
    #expect(device.reply(to: [5, 0, 0, 0xff, 0], at: now) == [5, 0, 0, 0xff, 0])
    #expect(device.reply(to: [15, 0, 1, 0, 9, 2, 0b1000_0001, 1], at: now) == [15, 0, 1, 0, 9])
    let later = MonotonicTime(nanoseconds: 5_000_000_000)
    #expect(device.reply(to: [3, 0, 0, 0, 4], at: later) == [3, 8, 0, 9, 0x12, 0x34, 0, 1, 0, 2])
    #expect(device.reply(to: [1, 0, 0, 0, 10], at: later) == [1, 2, 0b11, 0b11])
  }

  @Test("A scan counter counts the good reads that begin in it, and no others")
  func scanCounter() {
    var device = Self.device([
      SimulatedTag("a", .holdingRegister, 0, .uint16, .constant(7)),
      SimulatedTag("n", .holdingRegister, 1, .uint32, .scanCounter),
    ])
    #expect(device.reply(to: [3, 0, 0, 0, 3], at: now) == [3, 6, 0, 7, 0, 0, 0, 1])
    #expect(device.reply(to: [3, 0, 1, 0, 2], at: now) == [3, 4, 0, 0, 0, 2])
    // Reads of something else, of the second half alone, and refused ones.
    for request: [UInt8] in [[3, 0, 0, 0, 1], [3, 0, 2, 0, 1], [3, 0, 0, 0, 9], [6, 0, 0, 0, 7]] {
      _ = device.reply(to: request, at: now)
    }
    #expect(device.value(ofTag: 1, at: now) == 2)
    #expect(device.reply(to: [3, 0, 1, 0, 2], at: MonotonicTime(nanoseconds: 9_000_000_000)) == [3, 4, 0, 0, 0, 3])
  }

  @Test("A device measures what its signals say at that time for that seed")
  func followsSignals() {
    var (first, second) = (PlantLayout(seed: 5).rtu[0], PlantLayout(seed: 5).rtu[0])
    var other = PlantLayout(seed: 6).rtu[0]
    var differs = false
    for seconds in Int64(0)..<60 {
      let time = MonotonicTime(nanoseconds: seconds * 1_000_000_000 + 123_456)
      let value = first.value(ofTag: 0, at: time)
      #expect(value == second.value(ofTag: 0, at: time))
      let signal = first.tags[0].signal.value(seed: first.seed(ofTag: 0), at: SimulatedDevice.step(of: time))
      #expect(abs(value - signal) <= 0.0501)
      #expect((value > 85) == (seconds % 30 >= 20))
      if value != other.value(ofTag: 0, at: time) { differs = true }
    }
    #expect(differs)
  }
}
