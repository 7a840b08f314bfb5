import BatchCodec
import FieldgateTestKit
import Telemetry

/// Some time of ``ReferencePlant``, scan by scan, as a gateway would have recorded it.
///
/// Twenty devices of fifty tags are scanned every second, one 20 ms behind the other and each up to 2 ms late; one scan in
/// 512 gets no reply.
struct PlantRecording {
  static let deviceCount = 20
  static let tagsPerDevice = 50
  static let tagCount = deviceCount * tagsPerDevice
  static let began = Timestamp(milliseconds: 1_764_000_000_000)

  let catalogue: Catalogue
  /// `scans[second][device]`.
  let scans: [[DeviceScan]]

  init(seconds: Int) {
    let plant = ReferencePlant(devices: Self.deviceCount, tagsPerDevice: Self.tagsPerDevice)
    catalogue = plant.catalogue
    var random = SplitMix64(seed: 1)
    scans = (0..<seconds).map { second in
      (0..<Self.deviceCount).map { device in
        let chance = random.next()
        let late = Int64((chance >> 32) % 3)
        let time = MonotonicTime(nanoseconds: Int64(second) * 1_000_000_000 + (Int64(device) * 20 + late) * 1_000_000)
        var scan = plant.scan(device: device, at: time, began: Self.began)
        if chance & 511 == 0 {
          scan.readings = Array(repeating: .bad(.timeout), count: Self.tagsPerDevice)
        }
        return scan
      }
    }
  }

  var sampleCount: Int { scans.count * Self.tagCount }

  /// The scans of some seconds as columns, one block a device.
  func columns(_ seconds: Range<Int>) -> [DeviceColumns] {
    var blocks = (0..<Self.deviceCount).map { DeviceColumns(device: $0, tagCount: Self.tagsPerDevice) }
    for second in seconds {
      for scan in scans[second] { blocks[scan.device].append(scan) }
    }
    return blocks
  }

  /// All columns, cut every so many seconds; the rest is left out.
  func pieces(seconds: Int) -> [[DeviceColumns]] {
    (0..<scans.count / seconds).map { columns($0 * seconds..<($0 + 1) * seconds) }
  }
}
