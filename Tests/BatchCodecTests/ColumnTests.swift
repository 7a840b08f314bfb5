import SampleTelemetry
import Telemetry
import Testing

@testable import BatchCodec

@Suite struct ColumnTests {
  /// Through a whole batch of one tag.
  func roundTrip(_ bits: [Int64], _ type: ValueType) throws -> (bits: [Int64], bytes: Int) {
    let catalogue = Catalogue(devices: [DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: type)])])
    var block = DeviceColumns(device: 0, tagCount: 1)
    for (row, bits) in bits.enumerated() {
      let time = Timestamp(milliseconds: Int64(row) * 1_000)
      block.append(DeviceScan(device: 0, time: time, readings: [Reading(bits: bits, quality: .good)]))
    }
    let bytes = try BatchCodec.encode(
      epoch: Epoch(high: 1, low: 1), number: 1, catalogue: catalogue, devices: [block])
    guard case .telemetry(_, let devices, _, _) = try BatchCodec.decode(bytes[...]).content else { return ([], 0) }
    return (devices[0].columns[0].bits, bytes.count)
  }

  static let oddDoubles: [Double] = [
    0, -0.0, 1, -1, 0.1, 21.5, -40.25, 1e300, -1e300, 5e-324, -5e-324, .infinity, -.infinity, .nan, .signalingNaN,
    .greatestFiniteMagnitude, .leastNormalMagnitude, 9_007_199_254_740_993, 0.000001, 123_456.789012,
  ]

  @Test("Every odd double, alone and beside every other, comes back bit for bit")
  func doubles() throws {
    for first in Self.oddDoubles {
      for second in Self.oddDoubles {
        let bits = [first, second, first].map { Value.float64($0).bits }
        #expect(try roundTrip(bits, .float64).bits == bits)
        #expect(try roundTrip([bits[1]], .float64).bits == [bits[1]])
      }
    }
  }

  @Test("Every odd float, alone and beside every other, comes back bit for bit")
  func floats() throws {
    let odd = Self.oddDoubles.map { Float($0) } + [Float(bitPattern: 1), Float(bitPattern: 0xffff_ffff)]
    for first in odd {
      for second in odd {
        let bits = [second, first, second].map { Value.float32($0).bits }
        #expect(try roundTrip(bits, .float32).bits == bits)
        #expect(try roundTrip([bits[1]], .float32).bits == [bits[1]])
      }
    }
  }

  @Test("Integers of every width come back, whatever the order of differences", arguments: 0..<64)
  func widths(bits: Int) throws {
    var generator = SeededGenerator(seed: UInt64(bits))
    let range = Int64(truncatingIfNeeded: UInt64.max >> UInt64(63 - bits))
    func noise() -> Int64 {
      range == -1 ? Int64(bitPattern: generator.next()) : Int64.random(in: 0...range, using: &generator)
    }
    for count in [1, 2, 3, 7, 8, 9, 40] {
      let level = (0..<count).map { _ in noise() &- 77 }
      var sum: Int64 = 5
      let drift = level.map { value in
        sum &+= value
        return sum
      }
      var sumOfSums: Int64 = 9
      let speeding = drift.map { value in
        sumOfSums &+= value
        return sumOfSums
      }
      for values in [level, drift, speeding] { #expect(try roundTrip(values, .integer).bits == values) }
    }
  }

  @Test("The narrowest width is taken")
  func narrowest() {
    let widths = [0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 15: 3, 16: 4, 255: 4, 256: 5, 65_535: 5, 65_536: 6] as [UInt64: Int]
    for (range, width) in widths { #expect(ColumnForm.width(for: range) == width, "\(range)") }
    #expect(ColumnForm.width(for: .max) == 11 && ColumnForm.widths[11] == 64)
    for width in ColumnForm.widths.indices {
      for order in 0...2 {
        let form = ColumnForm(order: order, width: width)
        #expect(ColumnForm(code: form.code) == form)
      }
    }
    #expect(ColumnForm(code: 12) == nil && ColumnForm(code: 0x30) == nil)
  }

  @Test("What changes evenly takes no bytes a row, decimal floats take no more than integers")
  func sizes() throws {
    var generator = SeededGenerator(seed: 4)
    let steady = try roundTrip((0..<1_000).map { 500 + 3 * $0 }, .integer)
    #expect(steady.bytes < 120)
    let tenths = (0..<1_000).map { _ in Int64.random(in: 200...215, using: &generator) }
    let integers = try roundTrip(tenths, .integer)
    let floats = try roundTrip(tenths.map { Value.float32(Float($0) / 10).bits }, .float32)
    let doubles = try roundTrip(tenths.map { Value.float64(Double($0) / 10).bits }, .float64)
    #expect(integers.bytes < 650)
    #expect(floats.bytes <= integers.bytes + 8 && doubles.bytes <= integers.bytes + 8)
  }

  @Test("Decimals are found only where every value comes back")
  func decimals() throws {
    func bits(_ values: [Float]) -> [Int64] { values.map { Int64($0.bitPattern) } }
    let found = try #require(DecimalFloat.units(bits([21.5, 0.25, -3]), isSingle: true))
    #expect(found.decimals == 2 && found.units == [2_150, 25, -300])
    #expect(DecimalFloat.units(bits([-0.0]), isSingle: true) == nil)
    #expect(DecimalFloat.units(bits([.nan]), isSingle: true) == nil)
    #expect(DecimalFloat.units(bits([1, .infinity]), isSingle: true) == nil)
    #expect(DecimalFloat.units([Int64(bitPattern: (1.0 / 3).bitPattern)], isSingle: false) == nil)
  }
}
