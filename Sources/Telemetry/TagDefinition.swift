/// What a tag is: one named value of a device. Travels with every batch, so that central can read the batch alone.
public struct TagDefinition: Hashable, Sendable {
  /// Letters, digits, `_`, `-`, `.`; 1 to 64 characters; unique in its device.
  public var name: String
  public var type: ValueType
  /// From the raw value to `unit`.
  public var scaling: Scaling
  /// The engineering unit as people write it (`°C`, `kWh`), at most 32 UTF-8 bytes; empty when there is none.
  public var unit: String
  /// Names of raw values of a bool or an integer (`0` is `off`), by ascending value; empty for most tags.
  public var names: [ValueName]

  public init(
    name: String, type: ValueType, scaling: Scaling = .identity, unit: String = "", names: [ValueName] = []
  ) {
    self.name = name
    self.type = type
    self.scaling = scaling
    self.unit = unit
    self.names = names
  }

  /// The name of the reading's value, nil when the value has none.
  public func label(of reading: Reading) -> String? {
    guard !names.isEmpty, reading.quality.hasValue else { return nil }
    return names.first { $0.value == reading.bits }?.name
  }
}

/// What one raw value of a tag is called.
public struct ValueName: Hashable, Sendable {
  public static let maximumBytes = 64
  /// Names that one tag may have.
  public static let maximumCount = 256

  /// 0 and 1 for a bool.
  public var value: Int64
  /// 1 to ``maximumBytes`` bytes of UTF-8.
  public var name: String

  public init(value: Int64, name: String) {
    self.value = value
    self.name = name
  }
}

/// A device and its tags, in the order of the configuration.
public struct DeviceDefinition: Hashable, Sendable {
  /// Letters, digits, `_`, `-`, `.`; 1 to 64 characters; unique on its gateway.
  public var name: String
  public var tags: [TagDefinition]

  public init(name: String, tags: [TagDefinition]) {
    self.name = name
    self.tags = tags
  }
}

/// All devices of one gateway's configuration. Devices and tags are spoken of by their index in it.
public struct Catalogue: Hashable, Sendable {
  public var devices: [DeviceDefinition]

  public init(devices: [DeviceDefinition]) {
    self.devices = devices
  }

  public var tagCount: Int { devices.reduce(0) { $0 + $1.tags.count } }
}

/// Where a tag stands in its ``Catalogue``.
public struct TagIndex: Hashable, Comparable, Sendable {
  public var device: Int
  public var tag: Int

  public init(device: Int, tag: Int) {
    self.device = device
    self.tag = tag
  }

  public static func < (left: Self, right: Self) -> Bool { (left.device, left.tag) < (right.device, right.tag) }
}
