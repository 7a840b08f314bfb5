import GatewayCore
import Telemetry
import Testing

@Suite("What is done with raw values")
struct ScanTreatmentTests {
  /// The readings that a device of one tag gives for raw readings.
  private func treated(
    _ raw: [Reading], type: ValueType = .integer, scaling: Scaling = .identity, _ treatment: TagTreatment
  ) -> [Reading] {
    let device = DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: type, scaling: scaling)])
    var machine = ScanTreatment(device, [treatment])
    return raw.map { reading in
      var scan = DeviceScan(device: 0, time: Timestamp(milliseconds: 0), readings: [reading])
      _ = machine.apply(to: &scan)
      return scan.readings[0]
    }
  }

  private func integers(_ values: Int64...) -> [Reading] { values.map { Reading(.integer($0)) } }

  @Test("a fault value is a sensor fault, and its neighbours are not")
  func faults() {
    let treatment = TagTreatment(faultValues: [.integer(-32_768), .integer(32_767)])
    #expect(
      treated(integers(-32_768, -32_767, 32_767, 0), treatment)
        == [.bad(.sensorFault), Reading(.integer(-32_767)), .bad(.sensorFault), Reading(.integer(0))])
    let nan = TagTreatment(undecodableIsFault: true)
    #expect(
      treated([.bad(.undecodable), .bad(.timeout)], type: .float32, nan) == [.bad(.sensorFault), .bad(.timeout)])
  }

  @Test("outside the valid range the value stays and is uncertain; the bounds are in the tag's unit")
  func range() throws {
    let scaling = try #require(Scaling(multiplier: 1, offset: 0, decimals: 1))
    let treatment = TagTreatment(valid: -40...125)
    let bad = Reading.bad(.timeout)
    #expect(
      treated(integers(-400, -401, 1_250, 1_251) + [bad], scaling: scaling, treatment) == [
        Reading(.integer(-400)), Reading(.integer(-401), quality: .uncertain(.outOfRange)), Reading(.integer(1_250)),
        Reading(.integer(1_251), quality: .uncertain(.outOfRange)), bad,
      ])
  }

  @Test("a counter's total goes on over a roll-over and over bad readings")
  func rollover() {
    let treatment = TagTreatment(counter: .init(rollover: 65_536))
    let raw = integers(65_000, 65_535) + [.bad(.timeout)] + integers(4, 4, 10)
    #expect(
      treated(raw, treatment) == integers(65_000, 65_535) + [.bad(.timeout)] + integers(65_540, 65_540, 65_546))
  }

  @Test("a counter that was set back says so once, and its total does not fall")
  func reset() {
    let treatment = TagTreatment(counter: .init(rollover: 65_536))
    #expect(
      treated(integers(40_000, 5, 6), treatment) == [
        Reading(.integer(40_000)), Reading(.integer(40_005), quality: .uncertain(.counterReset)),
        Reading(.integer(40_006)),
      ])
    // With a step that is stated, a fall from near the end can be told apart, too.
    let strict = TagTreatment(counter: .init(rollover: 65_536, largestStep: 100))
    #expect(treated(integers(60_000, 0), strict)[1].quality == .uncertain(.counterReset))
    #expect(treated(integers(65_500, 10), strict)[1] == Reading(.integer(65_546)))
    #expect(treated(integers(-1, 65_536), strict) == [.bad(.outOfRange), .bad(.outOfRange)])
  }

  @Test("random counters: the total is the true one as long as no step is larger than a quarter")
  func randomCounters() {
    var generator = PollingTestGenerator(seed: 99)
    for _ in 0..<200 {
      let rollover = Int64.random(in: 8...100_000, using: &generator)
      let start = Int64.random(in: 0..<rollover, using: &generator)
      var truth = start
      var raw: [Reading] = []
      var expected: [Reading] = []
      for _ in 0..<50 {
        raw.append(Reading(.integer(truth % rollover)))
        expected.append(Reading(.integer(truth)))
        truth += Int64.random(in: 0...rollover / 4, using: &generator)
      }
      #expect(treated(raw, TagTreatment(counter: .init(rollover: rollover))) == expected)
    }
  }

  @Test("a power of ten comes from its tag in the same scan")
  func scaleFactors() {
    let device = DeviceDefinition(
      name: "inverter",
      tags: [TagDefinition(name: "power", type: .float64), TagDefinition(name: "sf", type: .integer)])
    let treatments = [
      TagTreatment(faultValues: [.integer(-32_768)], scaleFactor: "sf"),
      TagTreatment(faultValues: [.integer(-32_768)]),
    ]
    func power(_ raw: Reading, _ factor: Reading) -> Reading {
      var machine = ScanTreatment(device, treatments)
      var scan = DeviceScan(device: 0, time: Timestamp(milliseconds: 0), readings: [raw, factor])
      _ = machine.apply(to: &scan)
      return scan.readings[0]
    }
    func integer(_ value: Int64) -> Reading { Reading(.integer(value)) }
    #expect(power(integer(2_345), integer(-1)) == Reading(.float64(234.5)))
    #expect(power(integer(-7), integer(3)) == Reading(.float64(-7_000)))
    #expect(power(integer(5), integer(0)) == Reading(.float64(5)))
    #expect(power(integer(5), integer(11)) == .bad(.undecodable))
    #expect(power(integer(5), .bad(.exception(2))) == .bad(.exception(2)))
    #expect(power(integer(5), integer(-32_768)) == .bad(.sensorFault))
    #expect(power(integer(-32_768), integer(1)) == .bad(.sensorFault))
  }
}
