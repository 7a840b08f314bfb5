import FieldgateTestKit
import Foundation
import Testing

@Suite("Killed at any moment", .inASiteSlot)
struct KillTests {
  @Test("After 36 kills of daemon and central, central holds every accepted sample once and in order")
  func kills() async throws {
    let seed =
      ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    print("seed \(seed); replay: FIELDGATE_SEED=\(seed) Scripts/test --filter KillTests")
    var generator = SplitMix64(seed: seed)
    let site = try Site(every: "100ms")
    try await site.startAll()
    var accepted: [String: Set<Site.ScanCount>] = [:]
    for round in 0..<36 {
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...1_500, using: &generator)))
      if round % 3 == 2 {
        site.killCentral()
        try await site.startCentral()
      } else {
        site.killGateway()
        let snapshot = try OutboxSnapshot(outbox: site.path("outbox"), copyIn: site.path("snapshot"))
        for (device, samples) in snapshot.accepted { accepted[device, default: []].formUnion(samples) }
        try site.startGateway()
      }
    }
    try await site.drained()
    #expect(try site.stopGateway() == .code(0))
    let last = try OutboxSnapshot(outbox: site.path("outbox"), copyIn: site.path("snapshot"))
    for (device, samples) in last.accepted { accepted[device, default: []].formUnion(samples) }
    try site.startGateway()
    try await site.drained()
    #expect(try site.stopGateway() == .code(0))

    for device in Site.devices {
      let rest = try OutboxSnapshot(outbox: site.path("outbox"), copyIn: site.path("snapshot")).accepted[device] ?? []
      let held = try site.scanCounts(device)
      // By count, which never repeats here: cutting may raise the time of a scan that came after a newer one was cut.
      let missing = Set((accepted[device] ?? []).map(\.count)).subtracting((held + rest).map(\.count))
      #expect(
        missing.isEmpty, "\(device): \(missing.count) of \(accepted[device]?.count ?? 0) accepted samples are missing")
      let times = Dictionary(held.map { ($0.count, $0.time) }) { first, _ in first }
      let early = (accepted[device] ?? []).filter { (times[$0.count] ?? $0.time) < $0.time }
      #expect(early.isEmpty, "\(device): central has them at times before their scans")
      #expect(Set(held.map(\.count)).count == held.count, "\(device): a scan is at central twice")
      #expect(held.map(\.count) == held.map(\.count).sorted(), "\(device): scans are out of order")
      #expect(held.map(\.time) == held.map(\.time).sorted(), "\(device): times go back")
      // A serial line is listened to for half a second before it is used, which few of these short lives leave.
      #expect(held.count > 5)
    }
    // Without samples that were caught in the outbox, the test would have proved nothing.
    #expect(accepted.values.reduce(0) { $0 + $1.count } > 200)
    site.stopCentral()
    let verification = try site.verifyCentral()
    #expect(verification.problems == [])
  }
}
