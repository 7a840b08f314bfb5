/// Scans of one device, turned by 90 degrees: one column of readings a tag. This is the shape that frames and batches keep.
public struct DeviceColumns: Hashable, Sendable {
  /// Index into the ``Catalogue/devices`` this belongs to.
  public var device: Int
  /// Time of each row, never decreasing within what one gateway sends.
  public var times: [Timestamp]
  /// One a tag, each as long as `times`.
  public var columns: [Column]

  public struct Column: Hashable, Sendable {
    /// ``Value/bits``; 0 where the quality has no value.
    public var bits: [Int64]
    public var qualities: [Quality]
    /// The texts of a text tag, to which `bits` are the indices; empty for numbers.
    public var texts: TextTable

    public init(bits: [Int64] = [], qualities: [Quality] = [], texts: TextTable = TextTable()) {
      self.bits = bits
      self.qualities = qualities
      self.texts = texts
    }

    /// The text of a row of a text tag, nil when its reading has no value.
    public func text(_ row: Int) -> String? { qualities[row].hasValue ? texts[bits[row]] : nil }

    public subscript(row: Int) -> Reading { Reading(bits: bits[row], quality: qualities[row]) }

    /// Texts get new indices, because each column has a table of its own.
    fileprivate mutating func appendBits(_ other: Self) {
      guard !other.texts.isEmpty else { return bits.append(contentsOf: other.bits) }
      for (index, quality) in zip(other.bits, other.qualities) {
        bits.append(quality.hasValue ? texts.index(of: other.texts[index] ?? "") : 0)
      }
    }
  }

  /// Without rows.
  public init(device: Int, tagCount: Int) {
    self.device = device
    times = []
    columns = Array(repeating: Column(), count: tagCount)
  }

  public var rowCount: Int { times.count }
  /// Rows times tags, readings marked absent included.
  public var sampleCount: Int { times.count * columns.count }

  /// Adds one scan as a row.
  ///
  /// - Precondition: the scan is of this device and has one reading a tag.
  public mutating func append(_ scan: DeviceScan) {
    precondition(scan.device == device && scan.readings.count == columns.count, "a scan of another device")
    times.append(scan.time)
    for (index, reading) in scan.readings.enumerated() {
      columns[index].bits.append(reading.bits)
      columns[index].qualities.append(reading.quality)
    }
    let row = times.count - 1
    for (tag, text) in scan.texts where scan.readings[tag].quality.hasValue {
      columns[tag].bits[row] = columns[tag].texts.index(of: text)
    }
  }

  /// Adds the rows of another block of the same device behind this one's.
  public mutating func append(_ other: DeviceColumns) {
    precondition(other.device == device && other.columns.count == columns.count, "columns of another device")
    times.append(contentsOf: other.times)
    for index in columns.indices {
      columns[index].appendBits(other.columns[index])
      columns[index].qualities.append(contentsOf: other.columns[index].qualities)
    }
  }

  public mutating func removeAll(keepingCapacity: Bool) {
    times.removeAll(keepingCapacity: keepingCapacity)
    for index in columns.indices {
      columns[index].bits.removeAll(keepingCapacity: keepingCapacity)
      columns[index].qualities.removeAll(keepingCapacity: keepingCapacity)
      if !columns[index].texts.isEmpty { columns[index].texts = TextTable() }
    }
  }
}
