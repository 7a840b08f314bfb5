public import Telemetry

/// Turns what a device's registers said into what its tags are: sensor faults, powers of ten, totals of counters, valid
/// ranges. One for each device; pure. Its only state are the counters, which begin anew with each start of the daemon.
public struct ScanTreatment: Sendable {
  private struct Part: Sendable {
    var tag: Int
    var treatment: TagTreatment
    var definition: TagDefinition
    var scaleFactor: Int?
    var counter: RolloverCounter?
  }

  private var parts: [Part] = []

  /// - Parameter treatments: one a tag of the device.
  public init(_ device: DeviceDefinition, _ treatments: [TagTreatment]) {
    for (tag, treatment) in treatments.enumerated() where !treatment.leavesScansAlone {
      let factor = treatment.scaleFactor.flatMap { name in device.tags.firstIndex { $0.name == name } }
      parts.append(
        Part(
          tag: tag, treatment: treatment, definition: device.tags[tag], scaleFactor: factor,
          counter: treatment.counter.map(RolloverCounter.init)))
    }
  }

  /// Changes the readings in place.
  ///
  /// - Returns: what a person should know, one line each: counters that were set back.
  public mutating func apply(to scan: inout DeviceScan) -> [String] {
    guard !parts.isEmpty else { return [] }
    var notes: [String] = []
    // Faults of all tags first, because a power of ten may be one.
    for part in parts { Self.findFault(&scan.readings[part.tag], part) }
    for index in parts.indices {
      let tag = parts[index].tag
      guard scan.readings[tag].quality.hasValue else { continue }
      if let factor = parts[index].scaleFactor { Self.scale(&scan.readings[tag], by: scan.readings[factor]) }
      if let note = count(&scan.readings[tag], at: index) { notes.append(note) }
      checkRange(&scan.readings[tag], parts[index])
    }
    return notes
  }

  private static func findFault(_ reading: inout Reading, _ part: Part) {
    if part.treatment.undecodableIsFault, reading.quality == .bad(.undecodable) { return reading = .bad(.sensorFault) }
    guard reading.quality.hasValue, !part.treatment.faultValues.isEmpty else { return }
    if part.treatment.faultValues.contains(where: { $0.bits == reading.bits }) { reading = .bad(.sensorFault) }
  }

  private static func scale(_ reading: inout Reading, by factor: Reading) {
    guard factor.quality.hasValue else { return reading = Reading(bits: 0, quality: factor.quality) }
    guard let power = PowerOfTen(factor.bits) else { return reading = .bad(.undecodable) }
    reading = Reading(.float64(power.apply(to: reading.bits)), quality: reading.quality)
  }

  private mutating func count(_ reading: inout Reading, at index: Int) -> String? {
    guard let step = parts[index].counter?.take(reading.bits) else { return nil }
    switch step {
    case .total(let total):
      reading.bits = total
      return nil
    case .impossible:
      reading = .bad(.outOfRange)
      return nil
    case .reset(let total, let last):
      let raw = reading.bits
      reading = Reading(bits: total, quality: .uncertain(.counterReset))
      return "counter \(parts[index].definition.name) fell from \(last) to \(raw): it was set back or replaced"
    }
  }

  private func checkRange(_ reading: inout Reading, _ part: Part) {
    guard let valid = part.treatment.valid, reading.quality == .good,
      let value = reading.engineeringValue(part.definition), !valid.contains(value)
    else { return }
    reading.quality = .uncertain(.outOfRange)
  }
}
