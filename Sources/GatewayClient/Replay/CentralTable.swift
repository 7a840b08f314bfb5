import Telemetry

/// Central's samples as CSV: `time,value,quality,reason` (`docs/central.md`).
enum CentralTable {
  private static let header = "time,value,quality,reason"

  /// - Throws: when it is no such table.
  static func samples(_ bytes: [UInt8]) throws -> [ReplaySample] {
    var samples: [ReplaySample] = []
    var isFirst = true
    var rest = bytes[...]
    while !rest.isEmpty {
      let fields = row(&rest)
      if isFirst {
        guard fields.joined(separator: ",") == header else { throw mistake(fields) }
        isFirst = false
        continue
      }
      guard fields.count == 4, let time = Timestamp(iso8601: fields[0]) else { throw mistake(fields) }
      samples.append(sample(time, fields))
    }
    guard !isFirst else { throw mistake([]) }
    return samples
  }

  private static func mistake(_ fields: [String]) -> ReplayRun.Failure {
    ReplayRun.Failure(
      description: "what answers at central's address does not answer as central does: "
        + "'\(fields.joined(separator: ",").prefix(100))'; is the url right?")
  }

  private static func sample(_ time: Timestamp, _ fields: [String]) -> ReplaySample {
    let quality: Quality =
      switch fields[2] {
      case "good": .good
      // Among uncertain values only those that grew old are treated in a way of their own.
      case "uncertain": .uncertain(fields[3] == Quality.Reason.stale.name ? .stale : .none)
      default: .bad(.sensorFault)
      }
    let number = ReplayTable.number(fields[1])
    return ReplaySample(
      time: time, text: fields[1], value: quality.hasValue ? number : nil, quality: quality,
      isThinned: fields[3].hasPrefix("thinned"))
  }

  /// One row, its line break included: fields in quotes may hold commas, line breaks and doubled quotes (RFC 4180).
  private static func row(_ rest: inout ArraySlice<UInt8>) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    loop: while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && rest.first == UInt8(ascii: "\""):
        field.append(byte)
        rest.removeFirst()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted:
        fields.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
      case UInt8(ascii: "\n") where !isQuoted: break loop
      default: field.append(byte)
      }
    }
    return fields + [String(decoding: field, as: UTF8.self)]
  }
}
