/// What a kind of device has: its tags, and where their addresses were taken from.
public struct DeviceProfile: Sendable {
  /// As its file is called.
  public var name: String
  public var title: String
  /// The document of the register list: title, version, address.
  public var source: String
  /// What a technician should know: settings of the device, traps.
  public var notes: String
  public var tags: [TagSettings]
  /// As they were written, with the profile's defaults.
  var tagNodes: [YAMLNode]
}
