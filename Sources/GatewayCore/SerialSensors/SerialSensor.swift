public import SerialSensors

/// One device of a bus of serial lines, as the bus's machine takes it.
public struct SerialSensor: Hashable, Sendable {
  /// What its scans carry: the device's index or handle.
  public var device: Int
  public var serial: SerialDevice
  /// Of devices that are asked: the scan interval. Of those that send by themselves: the least distance of two scans; zero: a
  /// scan for each message.
  public var interval: Duration
  /// One a tag.
  public var points: [FieldPoint]

  public init(device: Int, serial: SerialDevice, interval: Duration, points: [FieldPoint]) {
    self.device = device
    self.serial = serial
    self.interval = interval
    self.points = points
  }
}
