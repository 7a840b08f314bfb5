public import GatewayCore
import Glibc

/// Where an outbox lies, and what it needs to know of its surroundings. A simulation gives its own.
public struct OutboxPlace {
  /// Must exist.
  public var directory: String
  /// SQLite's file system; nil for the machine's own.
  public var vfs: String?
  /// Name of this boot of the machine, by which times of the boot clock are told apart.
  public var boot: String
  public var files: any OutboxFiles
  /// Gives epochs.
  public var random: any RandomNumberGenerator
  /// Hears of work on the whole file.
  public var listener: (any LongWorkListener)?
  /// Pages of 4 KiB in the write-ahead log after which a commit is followed by a checkpoint: 4 MB. With fewer a simulation
  /// comes to checkpoints sooner.
  public var checkpointPages = 1_000
  /// What SQLite keeps of the file in memory; with less it reads the disk more often.
  public var cacheKibibytes = 2_048

  public init(
    directory: String, vfs: String? = nil, boot: String, files: any OutboxFiles,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) {
    self.directory = directory
    self.vfs = vfs
    self.boot = boot
    self.files = files
    self.random = random
  }

  /// On this machine's disk.
  public static func machine(directory: String, boot: String, listener: (any LongWorkListener)? = nil) -> Self {
    var place = Self(directory: directory, boot: boot, files: MachineFiles())
    place.listener = listener
    return place
  }

  var database: String { directory + "/outbox.db" }
  /// A new database while a damaged one is taken over; complete when the damaged one is gone.
  var successor: String { directory + "/outbox.db.new" }
}

/// Hears when the store begins to read or write its whole file, and when that is over; calls may be nested.
public protocol LongWorkListener: AnyObject {
  /// - Parameter what: for people: `the outbox is being checked`.
  func begins(_ what: String)
  func ended()
}

/// What the outbox does with whole files.
public protocol OutboxFiles: AnyObject {
  /// Keeps other daemons away from the directory until the value is let go.
  ///
  /// - Throws: ``OutboxStoreError`` of kind `held` when another one has it.
  func claim(directory: String) throws(OutboxStoreError) -> AnyObject

  /// What stays the same while the file stays where it is, and changes when it is copied or restored; empty when there is
  /// no such file.
  func identity(of path: String) -> String

  /// Bytes free on the disk of the directory; nil when it cannot be told.
  func freeBytes(directory: String) -> Int?

  func exists(_ path: String) -> Bool

  /// Gives a database, which nobody has open, another name, durably.
  func rename(_ path: String, to target: String) throws(OutboxStoreError)

  /// Removes a database and its companions, if they are there.
  func remove(_ path: String)

  /// Moves a database and its companions to a name that is free, so that a person can look at them.
  ///
  /// - Returns: the new path.
  func setAside(_ path: String) throws(OutboxStoreError) -> String
}

/// Files of this machine.
final class MachineFiles: OutboxFiles {
  func claim(directory: String) throws(OutboxStoreError) -> AnyObject {
    try DirectoryLock(path: directory + "/outbox.lock")
  }

  func identity(of path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "" }
    // Not the device: its number may change from boot to boot.
    return "inode \(status.st_ino)"
  }

  func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  func rename(_ path: String, to target: String) throws(OutboxStoreError) {
    guard Glibc.rename(path, target) == 0 else {
      throw OutboxStoreError("cannot rename \(path) to \(target): \(String(cString: strerror(errno)))")
    }
    syncDirectory(of: path)
  }

  func remove(_ path: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
  }

  /// A new name is durable when its directory is (fsync(2)).
  private func syncDirectory(of path: String) {
    let folder = String(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex))
    let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  func freeBytes(directory: String) -> Int? {
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else { return nil }
    return Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
  }

  func setAside(_ path: String) throws(OutboxStoreError) -> String {
    var number = 1
    while access("\(path).damaged-\(number)", F_OK) == 0, number < 10_000 { number += 1 }
    let target = "\(path).damaged-\(number)"
    // The log belongs to the database of the same name, so both move; the database last, because its absence is what begins
    // a new store.
    for suffix in ["-wal", "-shm", ""] where access(path + suffix, F_OK) == 0 {
      guard Glibc.rename(path + suffix, target + suffix) == 0 else {
        throw OutboxStoreError("cannot move the damaged \(path)\(suffix) aside: \(String(cString: strerror(errno)))")
      }
    }
    syncDirectory(of: path)
    return target
  }
}
