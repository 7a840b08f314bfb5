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
    for second in seconds {
      for scan in scans(atSecond: second, began: began) { builder.append(scan) }
    }
    defer { builder.removeAll() }
    return builder.frame(sequence: sequence, catalogueID: catalogueID)
  }
}
