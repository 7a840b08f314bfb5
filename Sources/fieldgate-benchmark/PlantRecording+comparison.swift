import Glibc
import Telemetry

/// The same samples in formats of others. Readings without a value are left out there, because those formats have none.
extension PlantRecording {
  /// Bytes a sample as Gorilla stores them: one series a tag, in engineering units, one block for the whole recording.
  func gorillaBytesPerSample() -> Double {
    var bytes = 0
    var samples = 0
    for (device, definition) in catalogue.devices.enumerated() {
      for (index, tag) in definition.tags.enumerated() {
        var series = GorillaSeries()
        for second in scans {
          let scan = second[device]
          if let value = scan.readings[index].engineeringValue(tag) { series.append(value, at: scan.time) }
        }
        bytes += series.bytes
        samples += series.count
      }
    }
    return Double(bytes) / Double(samples)
  }

  /// InfluxDB line protocol with timestamps in milliseconds: one line a scan, the device as measurement, tags as fields.
  ///
  /// - Returns: bytes a sample.
  /// - Throws: ``FileError`` when the file cannot be written.
  func writeLineProtocol(to path: String) throws -> Double {
    guard let file = fopen(path, "w") else { throw FileError(path: path) }
    var bytes = 0
    var samples = 0
    var complete = true
    for scan in scans.joined() {
      let device = catalogue.devices[scan.device]
      let fields = zip(device.tags, scan.readings).compactMap { tag, reading in
        Self.text(reading, tag).map { "\(tag.name)=\($0)" }
      }
      guard !fields.isEmpty else { continue }
      let line = "\(device.name) \(fields.joined(separator: ",")) \(scan.time.milliseconds)\n"
      complete = fputs(line, file) >= 0 && complete
      bytes += line.utf8.count
      samples += fields.count
    }
    guard fclose(file) == 0, complete else { throw FileError(path: path) }
    return Double(bytes) / Double(samples)
  }

  private static func text(_ reading: Reading, _ tag: TagDefinition) -> String? {
    guard let value = reading.value(tag.type) else { return nil }
    switch value {
    case .boolean(let flag): return flag ? "t" : "f"
    case .integer(let integer) where tag.scaling.isIdentity: return "\(integer)i"
    case .float32(let float) where tag.scaling.isIdentity: return "\(float)"
    default: return "\(tag.scaling.apply(value))"
    }
  }

  struct FileError: Error, CustomStringConvertible {
    var path: String
    var description: String { "\(path) cannot be written; choose another file or make room" }
  }
}
