/// One tag's raw value and quality at one scan: 16 bytes, no allocation.
public struct Reading: Hashable, Sendable {
  /// ``Value/bits`` of the raw value; 0 when `quality.hasValue` is false.
  public var bits: Int64
  public var quality: Quality

  public init(bits: Int64, quality: Quality) {
    self.bits = quality.hasValue ? bits : 0
    self.quality = quality
  }

  public init(_ value: Value, quality: Quality = .good) {
    self.init(bits: value.bits, quality: quality)
  }

  public static func bad(_ reason: Quality.Reason) -> Self { Self(bits: 0, quality: .bad(reason)) }
  public static let absent = Self(bits: 0, quality: .absent)

  /// The raw value, or nil when the reading is bad, absent or a text.
  public func value(_ type: ValueType) -> Value? {
    quality.hasValue && type != .text ? Value(type: type, bits: bits) : nil
  }

  /// The value in the tag's unit, or nil when the reading is bad, absent or a text.
  public func engineeringValue(_ definition: TagDefinition) -> Double? {
    guard let value = value(definition.type) else { return nil }
    return definition.scaling.apply(value)
  }
}

/// One scan: one poll of a device, with a reading for each of its tags in catalogue order.
public struct DeviceScan: Hashable, Sendable {
  /// Index into ``Catalogue/devices``.
  public var device: Int
  public var time: Timestamp
  /// As many as the device has tags.
  public var readings: [Reading]
  /// The texts of this scan by the index of their tag, for text tags whose reading has a value. Empty for most devices.
  public var texts: [Int: String]

  public init(device: Int, time: Timestamp, readings: [Reading], texts: [Int: String] = [:]) {
    self.device = device
    self.time = time
    self.readings = readings
    self.texts = texts
  }

  /// The text of a tag, nil when its reading has none.
  public func text(_ tag: Int) -> String? { readings[tag].quality.hasValue ? texts[tag] : nil }

  /// Cuts texts that are longer than ``TextTable/maximumTextBytes`` at a whole letter, and gives each text's reading its
  /// hash as bits (FNV-1a), so that whoever compares readings sees that a text changed.
  public mutating func sealTexts() {
    for (tag, text) in texts where readings[tag].quality.hasValue {
      var short = text
      while short.utf8.count > TextTable.maximumTextBytes { short.removeLast() }
      texts[tag] = short
      readings[tag].bits = Self.bits(ofText: short)
    }
  }

  /// What a reading of this text has as bits: its hash.
  public static func bits(ofText text: String) -> Int64 {
    Int64(bitPattern: FNV1a.hash(text.utf8))
  }

  /// Samples that it counts for where memory is bounded: a sample of a number takes about 16 bytes, texts what they have.
  public var weight: Int { readings.count + texts.values.reduce(0) { $0 + $1.utf8.count / 16 } }
}
