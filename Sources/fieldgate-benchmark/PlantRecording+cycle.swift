import GatewayCore
import Telemetry

extension PlantRecording {
  /// The scans of a second, counted on without end: after the last one the recording begins anew, with times that go on.
  func scans(atSecond second: Int, began: Timestamp) -> [DeviceScan] {
    let shift = (began - Self.began) + .seconds(second / scans.count * scans.count)
    return scans[second % scans.count].map { scan in
      var moved = scan
      moved.time = scan.time + shift
      return moved
    }
  }

  /// Some seconds as a frame; `builder` is empty before and after.
  func frame(
    _ seconds: Range<Int>, began: Timestamp, sequence: Int64, catalogueID: Int, _ builder: inout FrameBuilder
  ) -> PendingFrame? {
    builder.frame(of: seconds.flatMap { scans(atSecond: $0, began: began) }, sequence, catalogueID: catalogueID)
  }
}

extension FrameBuilder {
  /// Empty before and after.
  mutating func frame(of scans: [DeviceScan], _ sequence: Int64, catalogueID: Int) -> PendingFrame? {
    for scan in scans { append(scan) }
    defer { removeAll() }
    return frame(sequence: sequence, catalogueID: catalogueID)
  }
}
