public import SerialSensors
public import Telemetry

/// Where a tag's value comes from.
public enum TagSource: Hashable, Sendable {
  /// Entries of a Modbus device's table.
  case register(RegisterPoint)
  /// A field of a serial sensor's messages.
  case field(FieldPoint)
  /// Other tags.
  case computed(ComputedPoint)
}
