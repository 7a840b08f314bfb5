import GatewayCore
import SQLiteOutbox
import SimulatedDisk

/// The outbox's file operations on a simulated disk.
final class SimulatedFiles: OutboxFiles {
  private let disk: SimulatedDisk
  /// Changes when the store is restored or copied by hand, as an inode does; nil: as with a copied SD card, nothing tells.
  var identityMark: String

  init(_ disk: SimulatedDisk, identity: String) {
    self.disk = disk
    identityMark = identity
  }

  func claim(directory: String) throws(OutboxStoreError) -> AnyObject { self }
  func identity(of path: String) -> String { disk.exists(path) ? identityMark : "" }
  func freeBytes(directory: String) -> Int? { disk.capacityBytes.map { max(0, $0 - disk.usedBytes) } }

  func exists(_ path: String) -> Bool { disk.exists(path) }

  func rename(_ path: String, to target: String) throws(OutboxStoreError) {
    guard disk.rename(from: path, to: target) else { throw OutboxStoreError("cannot rename \(path)") }
  }

  func remove(_ path: String) {
    for suffix in ["", "-wal", "-journal"] { _ = disk.delete(path + suffix) }
  }

  func setAside(_ path: String) throws(OutboxStoreError) -> String {
    var number = 1
    while disk.exists("\(path).damaged-\(number)") { number += 1 }
    let target = "\(path).damaged-\(number)"
    for suffix in ["-wal", ""] where disk.exists(path + suffix) {
      guard disk.rename(from: path + suffix, to: target + suffix) else {
        throw OutboxStoreError("cannot move \(path)\(suffix) aside")
      }
    }
    return target
  }
}
