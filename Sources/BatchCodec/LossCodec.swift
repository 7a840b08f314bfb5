import Telemetry

/// Loss notices in the body of telemetry frames and batches.
enum LossCodec {
  private static let minimumNoticeBytes = 6

  /// What a notice says beside the fields that every notice has: bits of its second byte.
  private struct Fields: OptionSet {
    let rawValue: UInt8

    static let epoch = Self(rawValue: 1)
    static let numbers = Self(rawValue: 2)
    static let firstTime = Self(rawValue: 4)
    static let lastTime = Self(rawValue: 8)
    static let samples = Self(rawValue: 16)
    static let all: Self = [.epoch, .numbers, .firstTime, .lastTime, .samples]
  }

  static func append(_ losses: [LossNotice], to writer: inout ByteWriter) {
    writer.append(varint: losses.count)
    for loss in losses { append(loss, to: &writer) }
  }

  private static func append(_ loss: LossNotice, to writer: inout ByteWriter) {
    var fields: Fields = []
    if loss.epoch != nil { fields.insert(.epoch) }
    if loss.numbers != nil { fields.insert(.numbers) }
    if loss.firstTime != nil { fields.insert(.firstTime) }
    if loss.lastTime != nil { fields.insert(.lastTime) }
    if loss.samples != nil { fields.insert(.samples) }
    writer.append(loss.reason.rawValue)
    writer.append(loss.lane.rawValue)
    writer.append(fields.rawValue)
    if let epoch = loss.epoch {
      writer.append(fixed: epoch.high.byteSwapped)
      writer.append(fixed: epoch.low.byteSwapped)
    }
    if let numbers = loss.numbers {
      writer.append(varint: numbers.lowerBound)
      writer.append(varint: numbers.upperBound - numbers.lowerBound)
    }
    if let time = loss.firstTime { writer.append(zigzag: time.milliseconds) }
    if let time = loss.lastTime { writer.append(zigzag: time.milliseconds) }
    if let samples = loss.samples { writer.append(varint: samples) }
    writer.append(varint: loss.devices.count)
    for device in loss.devices { writer.append(text: device) }
    writer.append(varint: loss.moreDevices)
    writer.append(text: loss.detail)
  }

  static func read(_ reader: inout ByteReader) throws(CodecError) -> [LossNotice] {
    let count = try reader.count("loss notices", limit: BatchLimits.maximumLosses)
    guard count * minimumNoticeBytes <= reader.remaining else { throw reader.truncated("loss notices") }
    var losses: [LossNotice] = []
    for _ in 0..<count { losses.append(try readNotice(&reader)) }
    return losses
  }

  private static func readNotice(_ reader: inout ByteReader) throws(CodecError) -> LossNotice {
    guard let reason = LossNotice.Reason(rawValue: try reader.byte("reason of a loss")),
      let lane = Lane(rawValue: try reader.byte("lane of a loss"))
    else { throw CodecError(.malformed, offset: reader.offset, "an unknown reason or lane of a loss") }
    let fields = Fields(rawValue: try reader.byte("fields of a loss"))
    guard fields.isSubset(of: .all) else {
      throw CodecError(.malformed, offset: reader.offset, "unknown fields \(fields.rawValue) of a loss")
    }
    var epoch: Epoch?
    if fields.contains(.epoch) {
      let high = try reader.fixed(UInt64.self, "epoch of a loss").byteSwapped
      epoch = Epoch(high: high, low: try reader.fixed(UInt64.self, "epoch of a loss").byteSwapped)
    }
    var numbers: ClosedRange<UInt64>?
    if fields.contains(.numbers) {
      let first = try reader.varint("first number of a loss")
      let (last, overflow) = first.addingReportingOverflow(try reader.varint("numbers of a loss"))
      guard !overflow else { throw CodecError(.malformed, offset: reader.offset, "numbers of a loss beyond 64 bits") }
      numbers = first...last
    }
    let firstTime = fields.contains(.firstTime) ? try reader.zigzag("first time of a loss") : nil
    let lastTime = fields.contains(.lastTime) ? try reader.zigzag("last time of a loss") : nil
    let samples = fields.contains(.samples) ? try reader.varint("samples of a loss") : nil
    var devices: [String] = []
    for _ in 0..<(try reader.count("devices of a loss", limit: LossNotice.maximumDevices)) {
      devices.append(try reader.text("device of a loss", limit: BatchLimits.maximumNameBytes))
    }
    let more = try reader.count("further devices of a loss", limit: Int(Int32.max))
    return LossNotice(
      reason: reason, lane: lane, epoch: epoch, numbers: numbers,
      firstTime: firstTime.map(Timestamp.init(milliseconds:)), lastTime: lastTime.map(Timestamp.init(milliseconds:)),
      samples: samples, devices: devices, moreDevices: more,
      detail: try reader.text("detail of a loss", limit: LossNotice.maximumDetailBytes))
  }
}
