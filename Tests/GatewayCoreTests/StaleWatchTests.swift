import GatewayCore
import Telemetry
import Testing

@Suite("Values that grow old")
struct StaleWatchTests {
  private func seconds(_ count: Int64) -> MonotonicTime { .zero + .seconds(count) }
  private let wall = Timestamp(milliseconds: 5)

  private func scan(_ readings: [Reading], _ texts: [Int: String] = [:]) -> DeviceScan {
    DeviceScan(device: 0, time: wall, readings: readings, texts: texts)
  }

  @Test("a silent device's values are stale once, with their last value, and fresh again with the next")
  func silence() {
    var watch = StaleWatch(limits: [[.seconds(60), .seconds(60)], [nil]])
    #expect(watch.deadline == .never)
    let value = Reading(.integer(7))
    watch.took(scan([value, .bad(.timeout)]), now: seconds(10))
    #expect(watch.deadline == seconds(70))
    #expect(watch.expire(now: seconds(69), wall: wall) == [])
    // The bad tag says already that it has no value.
    #expect(
      watch.expire(now: seconds(70), wall: wall)
        == [scan([Reading(bits: 7, quality: .uncertain(.stale)), .absent])])
    #expect(watch.deadline == .never)
    #expect(watch.expire(now: seconds(1_000), wall: wall) == [])
    watch.took(scan([value, value]), now: seconds(1_001))
    #expect(watch.deadline == seconds(1_061))
  }

  @Test("a tag that its device no longer mentions grows old alone, a text keeps its text")
  func oneTag() {
    var watch = StaleWatch(limits: [[.seconds(5), .seconds(100)]])
    let text = Reading(bits: 0, quality: .good)
    watch.took(scan([text, Reading(.integer(1))], [0: "idle"]), now: seconds(0))
    watch.took(scan([.absent, Reading(.integer(2))]), now: seconds(4))
    #expect(
      watch.expire(now: seconds(5), wall: wall)
        == [scan([Reading(bits: 0, quality: .uncertain(.stale)), .absent], [0: "idle"])])
    #expect(watch.deadline == seconds(104))
  }

  @Test("random scans: a value is told stale exactly when it is older than its limit")
  func random() {
    var generator = PollingTestGenerator(seed: 3)
    var watch = StaleWatch(limits: [[.seconds(3), nil, .seconds(8)]])
    var heard: [Int64?] = [nil, nil, nil]
    for now in Int64(0)..<2_000 {
      for scan in watch.expire(now: seconds(now), wall: wall) {
        for (tag, reading) in scan.readings.enumerated() where reading.quality.level != .absent {
          #expect(reading.quality == .uncertain(.stale))
          #expect(heard[tag].map { now - $0 } == [3, nil, 8][tag])
          heard[tag] = nil
        }
      }
      for (tag, limit) in [3, 1 << 40, 8].enumerated() {
        if let time = heard[tag] { #expect(now - time < limit, "tag \(tag) at \(now)") }
      }
      guard generator.chance(5) else { continue }
      let readings = (0..<3).map { _ -> Reading in
        [.absent, .bad(.timeout), Reading(.integer(now))].randomElement(using: &generator)!
      }
      for (tag, reading) in readings.enumerated() where reading.quality.level != .absent {
        heard[tag] = reading.quality.hasValue ? now : nil
      }
      watch.took(scan(readings), now: seconds(now))
    }
  }
}
