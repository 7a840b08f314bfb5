import Telemetry

/// Numbers of fixed width (docs/formats/anomaly-state.md).
typealias AnomalyStateReader = StateReader<AnomalyStateError>

extension AnomalyDetector {
  /// Of the format in docs/formats/anomaly-state.md.
  public static let stateVersion: UInt8 = 1
  /// No state is longer, in bytes.
  public static let maximumStateBytes = 1_024
  /// Ten million years; a state with more is not ours.
  private static let mostSteps = 1e12
  private static let mark: UInt32 = 0x4441_4746  // FGAD

  /// All that was learnt, without the settings: at most ``maximumStateBytes`` bytes.
  public func save() -> [UInt8] {
    var writer = StateWriter(capacity: Self.maximumStateBytes)
    writer.put(Self.mark)
    writer.put(Self.stateVersion)
    writer.put(UInt8((origin == nil ? 0 : 1) | (cadence.last == nil ? 0 : 2)))
    writer.put(origin ?? 0)
    for number in [steps, seasonSteps, deviation] { writer.put(number) }
    writer.put(cadence.interval)
    writer.put(cadence.candidate)
    writer.put(cadence.streak)
    writer.put(cadence.last ?? 0)
    writer.put(cadence.stepsPerSample)
    means.save(to: &writer)
    run.save(to: &writer)
    gate.save(to: &writer)
    known.save(to: &writer)
    knownDeviations.save(to: &writer)
    knownShifts.save(to: &writer)
    hours.save(to: &writer)
    writer.put(StateCheckSum.of(writer.bytes))
    precondition(writer.bytes.count <= Self.maximumStateBytes)
    return writer.bytes
  }

  /// Goes on where ``save()`` was called, under settings that may be others.
  public init(_ settings: AnomalySettings = AnomalySettings(), restoring bytes: [UInt8]) throws(AnomalyStateError) {
    self.init(settings)
    var reader = AnomalyStateReader(bytes[...], tooShort: .damaged)
    guard bytes.count > 9, try reader.uint32() == Self.mark else { throw .foreign }
    let version = try reader.uint8()
    guard version == Self.stateVersion else { throw .unknownVersion(version) }
    var sum = AnomalyStateReader(bytes.suffix(4), tooShort: .damaged)
    guard bytes.count <= Self.maximumStateBytes, try sum.uint32() == StateCheckSum.of(bytes.dropLast(4)) else {
      throw .damaged
    }
    reader = AnomalyStateReader(bytes.dropLast(4).dropFirst(5), tooShort: .damaged)
    try restore(from: &reader)
    guard reader.isAtEnd else { throw .inconsistent }
  }

  private mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    let flags = try reader.uint8()
    let first = try reader.double()
    steps = try reader.double()
    seasonSteps = try reader.double()
    deviation = try reader.double()
    guard flags < 4, first.magnitude <= Self.greatestMagnitude, deviation.magnitude <= Self.greatestDeviation,
      (0...Self.mostSteps).contains(steps), (0...steps).contains(seasonSteps)
    else { throw .inconsistent }
    origin = flags & 1 == 0 ? nil : first
    let interval = try reader.int64()
    let candidate = try reader.int64()
    let streak = try reader.int8()
    let last = try reader.int64()
    let found = SampleCadence(
      interval: interval, candidate: candidate, streak: streak, last: flags & 2 == 0 ? nil : last,
      stepsPerSample: try reader.double())
    guard let found else { throw .inconsistent }
    cadence = found
    try means.restore(from: &reader)
    try run.restore(from: &reader)
    try gate.restore(from: &reader)
    try known.restore(from: &reader)
    try knownDeviations.restore(from: &reader)
    try knownShifts.restore(from: &reader)
    try hours.restore(from: &reader)
  }
}
