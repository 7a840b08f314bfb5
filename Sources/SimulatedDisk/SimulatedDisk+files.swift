import CSimulatedDisk

/// Files, apart from SQLite: what an operator, a backup or another machine does to them. All of it is durable at once.
extension SimulatedDisk {
  /// Paths of the files that exist now, sorted.
  public var files: [String] {
    var paths: [String] = []
    while let path = fieldgate_disk_path(disk, Int32(paths.count)) { paths.append(String(cString: path)) }
    return paths.sorted()
  }

  public func exists(_ path: String) -> Bool { bytes(of: path) != nil }

  /// The file as a running process reads it; nil when there is none.
  public func bytes(of path: String) -> [UInt8]? { contents(path, durable: false) }

  /// The part of ``bytes(of:)`` that no power cut can take away; nil when there is no such file.
  public func durableBytes(of path: String) -> [UInt8]? { contents(path, durable: true) }

  private func contents(_ path: String, durable: Bool) -> [UInt8]? {
    var count: Int64 = 0
    let address = fieldgate_disk_bytes(disk, path, durable, &count)
    guard count >= 0 else { return nil }
    return Array(UnsafeBufferPointer(start: address, count: Int(count)))
  }

  /// Makes the file, or puts another in its place; whoever has the old one open keeps the old one.
  public func write(path: String, bytes: [UInt8]) {
    bytes.withUnsafeBytes { fieldgate_disk_put(disk, path, $0.baseAddress, Int64($0.count)) }
  }

  /// - Returns: false when there is no file `from`. A file `to` is replaced.
  @discardableResult
  public func rename(from: String, to: String) -> Bool { fieldgate_disk_rename(disk, from, to) }

  /// - Returns: false when there is no such file. Whoever has it open keeps it.
  @discardableResult
  public func delete(_ path: String) -> Bool { fieldgate_disk_remove(disk, path) }

  /// Flips the bits of `mask` in one byte, on the medium and in the page cache.
  ///
  /// - Returns: false when the file has no such byte.
  @discardableResult
  public func corrupt(path: String, offset: Int, mask: UInt8) -> Bool {
    fieldgate_disk_corrupt(disk, path, Int64(offset), mask)
  }

  /// A state of all files, with what of them was not synced yet.
  public final class Snapshot {
    let disk: OpaquePointer

    init(of source: OpaquePointer) {
      disk = fieldgate_disk_make(0)
      fieldgate_disk_copy(disk, source)
    }

    deinit { fieldgate_disk_release(disk) }
  }

  public func snapshot() -> Snapshot { Snapshot(of: disk) }

  /// Puts back all files. Open handles die, as in ``kill()``. Faults, settings, counters and the course of the random
  /// numbers stay as they are.
  public func restore(_ snapshot: Snapshot) { fieldgate_disk_copy(disk, snapshot.disk) }
}
