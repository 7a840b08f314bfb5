import Telemetry

/// A scan that came while the store was not open.
struct WaitingScan {
  var scan: DeviceScan
  /// Its time is that of the boot clock.
  var hasBootTime: Bool
  /// That time, in case the store shows that the wall clock was wrong.
  var bootTime: Timestamp
  /// Of ``FrameCatalogues``.
  var catalogue: Int

  /// What it takes of memory, nearly: a device with one tag takes fourteen times as much a sample as in a frame.
  var bytes: Int { 128 + scan.readings.count * MemoryLayout<Reading>.stride + (scan.weight - scan.readings.count) * 16 }
}
