import Telemetry

/// The body of frames and batches of the alarms lane: a count, then the events one behind the other, then loss notices.
enum AlarmBody {
  /// What an event takes at least, so that a count without bytes behind it allocates nothing.
  private static let minimumEventBytes = 7

  static func encode(_ events: [AlarmEvent], losses: [LossNotice] = []) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(varint: events.count)
    for event in events {
      writer.append(zigzag: event.time.milliseconds)
      writer.append(event.transition.rawValue)
      writer.append(event.severity.rawValue)
      writer.append(event.value == nil ? 0 : 1)
      if let value = event.value { writer.append(fixed: value.bitPattern) }
      writer.append(text: event.alarm)
      writer.append(text: event.tag)
      writer.append(text: event.message)
      guard event.transition.namesPeople else { continue }
      writer.append(text: event.who)
      writer.append(zigzag: event.until?.milliseconds ?? 0)
      writer.append(varint: event.command)
    }
    LossCodec.append(losses, to: &writer)
    return writer.bytes
  }

  static func decode(
    _ bytes: [UInt8]
  ) throws(CodecError) -> (events: [AlarmEvent], losses: [LossNotice]) {
    var reader = ByteReader(bytes)
    let count = try reader.count("alarm events", limit: BatchLimits.maximumRecords)
    guard count * minimumEventBytes <= reader.remaining else { throw reader.truncated("alarm events") }
    var events: [AlarmEvent] = []
    events.reserveCapacity(count)
    for _ in 0..<count { events.append(try readEvent(&reader)) }
    let losses = try LossCodec.read(&reader)
    try reader.expectEnd("the body")
    return (events, losses)
  }

  private static func readEvent(_ reader: inout ByteReader) throws(CodecError) -> AlarmEvent {
    let time = Timestamp(milliseconds: try reader.zigzag("time of an alarm"))
    guard let transition = AlarmEvent.Transition(rawValue: try reader.byte("transition")),
      let severity = Severity(rawValue: try reader.byte("severity"))
    else { throw CodecError(.malformed, offset: reader.offset, "an unknown transition or severity") }
    var value: Double?
    switch try reader.byte("value flag") {
    case 0: break
    case 1: value = Double(bitPattern: try reader.fixed(UInt64.self, "value of an alarm"))
    default: throw CodecError(.malformed, offset: reader.offset, "a value flag that is neither 0 nor 1")
    }
    var event = AlarmEvent(
      time: time, alarm: try reader.text("alarm name", limit: BatchLimits.maximumNameBytes),
      tag: try reader.text("tag of an alarm", limit: 2 * BatchLimits.maximumNameBytes + 1), transition: transition,
      severity: severity, value: value,
      message: try reader.text("message of an alarm", limit: BatchLimits.maximumMessageBytes))
    guard transition.namesPeople else { return event }
    event.who = try reader.text("person of an alarm", limit: AlarmEvent.maximumWhoBytes)
    let until = try reader.zigzag("end of shelving")
    guard until == 0 || transition == .shelved else {
      throw CodecError(.malformed, offset: reader.offset, "an end of shelving where nothing was shelved")
    }
    event.until = until == 0 ? nil : Timestamp(milliseconds: until)
    event.command = try reader.varint("command of an alarm")
    return event
  }
}

extension AlarmEvent.Transition {
  /// Events 1 to 3 came first and keep their bytes; all that came later say who, until when and upon which command.
  fileprivate var namesPeople: Bool { rawValue > AlarmEvent.Transition.written.rawValue }
}
