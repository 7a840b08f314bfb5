import Telemetry
import Testing

@Suite struct LossNoticeTests {
  @Test("Reasons keep their numbers and have names of their own")
  func reasons() {
    #expect(LossNotice.Reason.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6])
    #expect(Set(LossNotice.Reason.allCases.map(\.name)).count == 6)
  }

  @Test("Devices beyond 64 are counted, a long detail is cut between characters")
  func limits() {
    let notice = LossNotice(
      reason: .outboxFull, lane: .telemetry, devices: (1...70).map { "device\($0)" }, moreDevices: 5,
      detail: "x" + String(repeating: "é", count: 200))
    #expect(notice.devices.count == 64 && notice.devices.last == "device64")
    #expect(notice.moreDevices == 11)
    #expect(notice.detail.utf8.count == 255)
    #expect(LossNotice(reason: .tooOld, lane: .alarms, moreDevices: -3).moreDevices == 0)
    #expect(LossNotice(reason: .tooOld, lane: .alarms, moreDevices: .max).moreDevices == Int(Int32.max))
  }

  @Test("The mean of aggregates is in raw units")
  func means() {
    let float = Int64(Float(2.5).bitPattern)
    let column = DeviceAggregates.Column(
      minimums: [0, 0], maximums: [0, 0], totals: [float, 0], counts: [4, 0])
    #expect(column.mean(row: 0, type: .float32) == 2.5)
    #expect(column.mean(row: 1, type: .float32) == nil)
    let whole = DeviceAggregates.Column(minimums: [1], maximums: [9], totals: [-7], counts: [2])
    #expect(whole.mean(row: 0, type: .integer) == -3.5)
    let flags = DeviceAggregates.Column(minimums: [0], maximums: [1], totals: [3], counts: [4])
    #expect(flags.mean(row: 0, type: .boolean) == 0.75)
  }
}
