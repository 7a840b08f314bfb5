import Telemetry

/// A scan that came while the store was not open.
struct WaitingScan {
  var scan: DeviceScan
  /// Its time is that of the boot clock.
  var hasBootTime: Bool
  /// Of ``FrameCatalogues``.
  var catalogue: Int
}
