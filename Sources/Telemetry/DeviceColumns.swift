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

    public init(bits: [Int64] = [], qualities: [Quality] = []) {
      self.bits = bits
      self.qualities = qualities
    }

    public subscript(row: Int) -> Reading { Reading(bits: bits[row], quality: qualities[row]) }
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
  }

  /// Adds the rows of another block of the same device behind this one's.
  public mutating func append(_ other: DeviceColumns) {
    precondition(other.device == device && other.columns.count == columns.count, "columns of another device")
    times.append(contentsOf: other.times)
    for index in columns.indices {
      columns[index].bits.append(contentsOf: other.columns[index].bits)
      columns[index].qualities.append(contentsOf: other.columns[index].qualities)
    }
  }

  public mutating func removeAll(keepingCapacity: Bool) {
    times.removeAll(keepingCapacity: keepingCapacity)
    for index in columns.indices {
      columns[index].bits.removeAll(keepingCapacity: keepingCapacity)
      columns[index].qualities.removeAll(keepingCapacity: keepingCapacity)
    }
  }
}
