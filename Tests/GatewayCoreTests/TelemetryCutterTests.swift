import BatchCodec
import Telemetry
import Testing

@testable import GatewayCore

@Suite struct TelemetryCutterTests {
  let catalogue = Catalogue(
    devices: [DeviceDefinition(name: "d", tags: [TagDefinition(name: "t", type: .integer)])])
  let loss = LossNotice(reason: .memoryFull, lane: .telemetry, samples: 12, detail: "the store did not answer")

  @Test("Rows and loss notices of frames come into one batch in their order")
  func merges() throws {
    var builder = FrameBuilder(catalogue: catalogue)
    var frames: [[UInt8]] = []
    for second in 1...3 as ClosedRange<Int64> {
      let time = Timestamp(milliseconds: second * 1_000)
      builder.append(DeviceScan(device: 0, time: time, readings: [Reading(.integer(second))]))
      var numbered = loss
      numbered.samples = UInt64(second)
      builder.append(numbered)
      frames.append(try #require(builder.frame(sequence: second, catalogueID: 1)).bytes)
      builder.removeAll()
    }
    let floor = Timestamp(milliseconds: 2_500)
    var cutter = TelemetryCutter(FrameLayout(catalogue), floor: floor)
    for frame in frames { try cutter.append(StoredFrame(bytes: frame)) }
    let (bytes, newest) = try cutter.batch(epoch: Epoch(high: 1, low: 2), number: 4, time: floor)
    #expect(newest.milliseconds == 3_000)
    guard case .telemetry(_, let devices, _, let losses) = try BatchCodec.decode(bytes[...]).content else {
      Issue.record("not telemetry")
      return
    }
    #expect(devices.first?.columns.first?.bits == [1, 2, 3])
    // Nothing is before what was cut earlier.
    #expect(devices.first?.times.map(\.milliseconds) == [2_500, 2_500, 3_000])
    #expect(losses.map(\.samples) == [1, 2, 3])
  }

  @Test("A notice alone makes a frame when it, or the caller, knows a time")
  func noticeAlone() throws {
    var builder = FrameBuilder(catalogue: catalogue)
    #expect(builder.isEmpty && builder.frame(sequence: 1, catalogueID: 1, time: Timestamp(milliseconds: 5)) == nil)
    builder.append(loss)
    #expect(!builder.isEmpty && builder.frame(sequence: 1, catalogueID: 1) == nil)
    let time = Timestamp(milliseconds: 5)
    let frame = try #require(builder.frame(sequence: 1, catalogueID: 1, time: time))
    #expect(frame.sampleCount == 0 && frame.firstTime == time && frame.lastTime == time)
    var cutter = TelemetryCutter(FrameLayout(catalogue), floor: Timestamp(milliseconds: .min))
    try cutter.append(StoredFrame(bytes: frame.bytes))
    let (bytes, _) = try cutter.batch(epoch: Epoch(high: 1, low: 2), number: 1, time: time)
    let batch = try BatchCodec.decode(bytes[...])
    #expect(batch.header.recordCount == 0 && batch.header.firstTime == time)

    var timed = loss
    timed.firstTime = Timestamp(milliseconds: 2)
    timed.lastTime = Timestamp(milliseconds: 9)
    builder.append(timed)
    let later = try #require(builder.frame(sequence: 2, catalogueID: 1))
    #expect(later.firstTime.milliseconds == 2 && later.lastTime.milliseconds == 9)
    // Frames of the boot clock are put in their places, and what their notices say as well.
    var placed = TelemetryCutter(FrameLayout(catalogue), floor: Timestamp(milliseconds: .min))
    try placed.append(StoredFrame(bytes: later.bytes, shift: .milliseconds(1_000)))
    #expect(placed.losses.map(\.firstTime?.milliseconds) == [nil, 1_002])
    #expect(placed.losses.map(\.lastTime?.milliseconds) == [nil, 1_009])
    builder.removeAll()
    #expect(builder.isEmpty)
  }
}
