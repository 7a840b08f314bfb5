import GatewayCore
import TagExpressions
import TagWindows
import Telemetry
import Testing

/// One polled device with a power, and computed devices with windows over it.
private struct WindowBench {
  var now = MonotonicTime(nanoseconds: 1_000_000_000)
  /// The wall clock less the clock since boot, in milliseconds; on a whole minute.
  var wallOffset: Int64 = 1_800_000_000_000 - 1_000
  var computed: ComputedTags
  let catalogue: Catalogue
  private(set) var told: [String] = []

  var wall: Timestamp { Timestamp(milliseconds: wallOffset + now.nanoseconds / 1_000_000) }

  init(
    _ tags: [(String, ComputedDevice.Calculation, [TagIndex])], interval: Duration = .milliseconds(100),
    longestScan: Duration = .zero
  ) {
    catalogue = Catalogue(devices: [
      DeviceDefinition(name: "meter", tags: [TagDefinition(name: "power", type: .float64)]),
      DeviceDefinition(name: "calc", tags: tags.map { TagDefinition(name: $0.0, type: .float64) }),
    ])
    let device = ComputedDevice(
      place: 1, interval: interval, tags: tags.map { ComputedDevice.Tag($0.1, inputs: $0.2) })
    let offset = 1_800_000_000_000 - 1_000 + now.nanoseconds / 1_000_000
    computed = ComputedTags(
      [device], catalogue: catalogue, wall: Timestamp(milliseconds: offset), now: now, longestScan: longestScan)
  }

  /// - Parameter took: how long ago the scan began, in milliseconds.
  mutating func sample(_ value: Double?, took: Int64 = 0) {
    let started = now + .milliseconds(-took)
    let reading = value.map { Reading(.float64($0)) } ?? .bad(.timeout)
    computed.look(wall: wall, now: now)
    computed.took(DeviceScan(device: 0, time: wall, readings: [reading]), started: started, now: now)
    drain()
  }

  private mutating func drain() {
    computed.look(wall: wall, now: now)
    while let scan = computed.next(now: now) {
      let shown = zip(catalogue.devices[1].tags, scan.readings).map { tag, reading in
        guard let value = reading.engineeringValue(tag) else {
          return reading.quality.level == .absent ? "-" : "\(reading.quality)"
        }
        return reading.quality == .good ? "\(value)" : "\(value) \(reading.quality)"
      }
      told.append("\((wall.milliseconds - 1_800_000_000_000) / 100): \(shown.joined(separator: ", "))")
      computed.took(
        DeviceScan(device: 1, time: wall, readings: scan.readings), started: scan.started, now: now)
    }
  }

  mutating func wait(_ milliseconds: Int64) {
    let end = now + .milliseconds(milliseconds)
    while computed.deadline <= end {
      now = max(now + .microseconds(1), computed.deadline)
      drain()
    }
    now = end
  }

  mutating func take() -> [String] {
    defer { told = [] }
    return told
  }
}

@Suite("Windows as computed tags")
struct ComputedWindowsTests {
  private static let power = [TagIndex(device: 0, tag: 0)]

  private static func tumbling(_ function: WindowFunction = .mean) throws -> ComputedDevice.Calculation {
    .window(try WindowSpecification(.tumbling(length: .seconds(10)), function, minimumCoverage: 0))
  }

  @Test("A window on a grid is told when it ends, although no sample comes")
  func grid() throws {
    var bench = WindowBench([("mean", try Self.tumbling(), Self.power)])
    for value in [1.0, 2, 3] {
      bench.sample(value)
      bench.wait(1_000)
    }
    #expect(bench.take() == [])
    bench.wait(8_000)
    #expect(bench.take() == ["100: 2.0"])
  }

  @Test("A sliding window is told at its samples, at most once in the interval of its device")
  func sliding() throws {
    let window = try WindowSpecification(.sliding(length: .seconds(60)), .sum, minimumCoverage: 0)
    var bench = WindowBench([("sum", .window(window), Self.power)], interval: .seconds(1))
    for _ in 0..<25 {
      bench.sample(1)
      bench.wait(100)
    }
    #expect(bench.take() == ["0: 1.0", "10: 10.0", "20: 20.0"])
    bench.wait(1_000)
    #expect(bench.take() == ["30: 25.0"], "the last samples are not missed")
  }

  @Test("Expressions and windows of one device use each other's results")
  func mixed() throws {
    let inKilowatt = TagDefinition(name: "power", type: .float64)
    var directory = TagDirectory()
    directory.set(TagName(device: "meter", tag: "power"), inKilowatt)
    directory.set(TagName(device: "calc", tag: "mean"), inKilowatt)
    func program(_ text: String) throws -> ComputedDevice.Calculation {
      .expression(try ExpressionProgram(try ParsedExpression(text, in: "calc"), tags: directory))
    }
    var bench = WindowBench([
      ("above", try program("mean - 1"), [TagIndex(device: 1, tag: 1)]),
      ("mean", try Self.tumbling(), [TagIndex(device: 1, tag: 2)]),
      ("double", try program("meter/power * 2"), Self.power),
    ])
    bench.sample(5)
    bench.wait(2_000)
    bench.sample(7)
    #expect(bench.take() == ["0: -, -, 10.0", "20: -, -, 14.0"])
    bench.wait(9_000)
    #expect(bench.take() == ["100: 11.0, 12.0, -"])
  }

  @Test("A step of the wall clock ends no window early and tells nothing twice")
  func step() throws {
    let session = try WindowSpecification(.session(timeout: .seconds(5), longest: .seconds(3_600)), .count)
    var bench = WindowBench([("count", .window(session), Self.power)])
    bench.sample(1)
    bench.wait(1_000)
    bench.wallOffset += 3_600_000
    bench.sample(1)
    bench.wait(2_000)
    bench.wallOffset -= 7_200_000
    bench.sample(1)
    #expect(bench.take() == [])
    bench.wait(6_000)
    #expect(bench.take().map { $0.drop { $0 != ":" } } == [": 3.0"])
  }

  @Test("Saved and restored, windows go on; one that is another now begins anew")
  func restart() throws {
    let sum = try Self.tumbling(.sum)
    var bench = WindowBench([("sum", sum, Self.power), ("other", sum, Self.power)])
    bench.sample(1)
    bench.wait(1_000)
    bench.sample(2)
    let bytes = bench.computed.saved()
    var next = WindowBench([("sum", sum, Self.power), ("other", try Self.tumbling(.mean), Self.power)])
    next.now = bench.now + .seconds(2)
    #expect(next.computed.restore(bytes, now: next.now) == ["calc/other"])
    next.sample(4)
    next.wait(10_000)
    #expect(next.take() == ["100: 7.0, 4.0"])
  }

  @Test("A window waits for the scan that began before its end")
  func underWay() throws {
    for (longestScan, told) in [(Duration.zero, ["100: 1.0"]), (.seconds(2), ["120: 3.0"])] {
      var bench = WindowBench([("sum", try Self.tumbling(.sum), Self.power)], longestScan: longestScan)
      bench.sample(1)
      bench.wait(10_500)
      bench.sample(2, took: 800)
      bench.wait(2_000)
      #expect(bench.take() == told)
    }
  }

  @Test("No damaged state stops the program, and none is taken for a good one")
  func damage() throws {
    let sum = try Self.tumbling(.sum)
    var bench = WindowBench([("sum", sum, Self.power)])
    bench.sample(1)
    let good = bench.computed.saved()
    for index in good.indices {
      for cut in [true, false] {
        var bytes = good
        if cut { bytes.removeSubrange(index...) } else { bytes[index] ^= 0x55 }
        var next = WindowBench([("sum", sum, Self.power)])
        _ = next.computed.restore(bytes, now: next.now)
        next.sample(2)
        next.wait(11_000)
        #expect(next.take() == ["100: 2.0"], "byte \(index)")
      }
    }
  }

  @Test("A reload keeps the windows of tags that stay, and forgets the others")
  func reload() throws {
    let sum = try Self.tumbling(.sum)
    var bench = WindowBench([("sum", sum, Self.power), ("gone", sum, Self.power)])
    bench.sample(1)
    var next = WindowBench([("new", sum, Self.power), ("sum", sum, Self.power)])
    next.now = bench.now
    next.computed.goOn(after: bench.computed, latest: [nil, nil], now: next.now) { tag in
      tag.device == 0 ? tag : nil
    }
    next.sample(2)
    next.wait(11_000)
    #expect(next.take() == ["100: 2.0, 3.0"])
  }
}
