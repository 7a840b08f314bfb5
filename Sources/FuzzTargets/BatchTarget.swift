import BatchCodec
import CentralCore
import SampleTelemetry
import Telemetry

/// The way of a request's body through central: split, summed up, decoded.
enum BatchTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    let isAccepted = take(bytes)
    // With a check sum that fits, else hardly any change would come past it.
    return take(resealed(bytes)) || isAccepted
  }

  private static func take(_ bytes: [UInt8]) -> Bool {
    var reader = BatchSummaryReader()
    let decoded = try? BatchCodec.decode(bytes[...])
    let summary = try? reader.read(bytes[...])
    precondition((decoded == nil) == (summary == nil), "summary and decoder disagree")
    precondition(decoded?.header == summary?.header, "two heads of one batch")
    switch SubmissionReader.read(bytes, gateway: "barn", identifier: 1) {
    case .failure: return false
    case .success(let submission):
      precondition(submission.batches.reduce(0) { $0 + $1.bytes.count } <= bytes.count, "more bytes than came")
      return submission.damage == nil
    }
  }

  private static func resealed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count > 4 else { return bytes }
    let body = bytes.dropLast(4)
    let sum = CRC32C.checksum(body)
    return Array(body) + (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
  }

  static var seeds: [[UInt8]] {
    var random = RandomTelemetry(seed: 7)
    let key = BatchFactory.key()
    var seeds = [try? BatchFactory.bytes(key, 1), try? BatchFactory.bytes(BatchFactory.key(lane: .alarms), 2)]
    for number in 1...12 {
      let catalogue = random.catalogue()
      let columns = random.columns(catalogue, rows: number)
      seeds.append(
        try? BatchCodec.encode(epoch: key.epoch, number: UInt64(number), catalogue: catalogue, devices: columns))
      seeds.append(
        try? BatchCodec.encode(
          epoch: key.epoch, number: UInt64(number), alarms: random.alarms(3), losses: random.losses(2)))
    }
    let two = (1...2).compactMap { try? BatchFactory.bytes(key, $0) }
    return seeds.compactMap { $0 } + [two.flatMap { $0 }]
  }
}
