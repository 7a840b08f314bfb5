import BatchCodec
public import Telemetry

/// Gathers scans in columns until they are committed as one frame.
public struct FrameBuilder: Sendable {
  private let catalogue: Catalogue
  private var blocks: [DeviceColumns]
  public private(set) var sampleCount = 0
  public private(set) var firstTime: Timestamp?
  public private(set) var lastTime: Timestamp?

  public init(catalogue: Catalogue) {
    self.catalogue = catalogue
    blocks = catalogue.devices.enumerated().map { DeviceColumns(device: $0.offset, tagCount: $0.element.tags.count) }
  }

  public var isEmpty: Bool { sampleCount == 0 }

  public mutating func append(_ scan: DeviceScan) {
    blocks[scan.device].append(scan)
    sampleCount += scan.readings.count
    firstTime = min(firstTime ?? scan.time, scan.time)
    lastTime = max(lastTime ?? scan.time, scan.time)
  }

  /// The rows as one frame, or nil when there are none. Leaves the builder as it is.
  public func frame(sequence: Int64, catalogueID: Int) -> PendingFrame? {
    guard let firstTime, let lastTime else { return nil }
    return PendingFrame(
      sequence: sequence, lane: .telemetry, catalogueID: catalogueID, sampleCount: sampleCount, firstTime: firstTime,
      lastTime: lastTime,
      bytes: FrameCodec.encode(blocks, catalogue: catalogue, catalogueID: catalogueID))
  }

  public mutating func removeAll() {
    for index in blocks.indices { blocks[index].removeAll(keepingCapacity: true) }
    sampleCount = 0
    firstTime = nil
    lastTime = nil
  }
}
