import BatchCodec
public import Telemetry

/// Gathers scans until they are committed as one frame.
public struct FrameBuilder: Sendable {
  private let layout: FrameLayout
  private var scans: [DeviceScan] = []
  private var losses: [LossNotice] = []
  public private(set) var sampleCount = 0
  /// ``DeviceScan/weight`` of all scans in it: more than the samples where there are texts.
  public private(set) var weight = 0
  public private(set) var firstTime: Timestamp?
  public private(set) var lastTime: Timestamp?

  public init(catalogue: Catalogue) { layout = FrameLayout(catalogue) }

  public var isEmpty: Bool { sampleCount == 0 && losses.isEmpty }

  public mutating func append(_ scan: DeviceScan) {
    scans.append(scan)
    sampleCount += scan.readings.count
    weight += scan.weight
    firstTime = min(firstTime ?? scan.time, scan.time)
    lastTime = max(lastTime ?? scan.time, scan.time)
  }

  /// A notice takes no sample; its times count among those of the frame. At most ``BatchLimits/maximumLosses`` fit into a
  /// frame.
  public mutating func append(_ loss: LossNotice) {
    losses.append(loss)
    for time in [loss.firstTime, loss.lastTime] {
      guard let time else { continue }
      firstTime = min(firstTime ?? time, time)
      lastTime = max(lastTime ?? time, time)
    }
  }

  /// The rows and notices as one frame, or nil when there are none. Leaves the builder as it is.
  ///
  /// - Parameter time: of the frame when it holds nothing but notices without a time; without it there is no such frame.
  public func frame(sequence: Int64, catalogueID: Int, time: Timestamp? = nil) -> PendingFrame? {
    guard !isEmpty, let firstTime = firstTime ?? time, let lastTime = lastTime ?? time else { return nil }
    return PendingFrame(
      sequence: sequence, lane: .telemetry, catalogueID: catalogueID, sampleCount: sampleCount, firstTime: firstTime,
      lastTime: lastTime,
      bytes: FrameCodec.encode(scans, losses: losses, layout: layout, catalogueID: catalogueID))
  }

  public mutating func removeAll() {
    scans.removeAll(keepingCapacity: true)
    losses.removeAll(keepingCapacity: true)
    sampleCount = 0
    weight = 0
    firstTime = nil
    lastTime = nil
  }
}
