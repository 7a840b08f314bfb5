import CSimulatedDisk

/// A disk in memory on which SQLite itself runs, under power cuts, failing calls and lack of space drawn from a seed.
///
///     let disk = SimulatedDisk(seed: 7)
///     let store = try SQLiteConnection(path: "/outbox/outbox.db", mode: .readWrite, vfs: disk.vfsName)
///     …
///     disk.powerCut()
///
/// Paths are plain strings; directories need not be made. One thread at a time uses a disk and the connections on it;
/// many disks exist at once, each with a VFS of its own. What is modelled, and what is not: `docs/simulated-disk.md`.
public final class SimulatedDisk {
  let disk: OpaquePointer
  /// What SQLite knows this disk by; hand it to whatever opens a database. The same for the disk's whole life.
  public let vfsName: String
  private var sleep: ((Int) -> Void)?

  /// An empty disk. Two disks of one seed on which the same is done hold the same bytes.
  public init(seed: UInt64) {
    disk = fieldgate_disk_make(seed)
    vfsName = String(cString: fieldgate_disk_vfs_name(disk))
  }

  /// A cloned SD card: the files of `other` as its machine sees them now, all durable, and nothing else of it. To clone
  /// the card of a machine that lost its power, cut the power first.
  public convenience init(copyOf other: SimulatedDisk, seed: UInt64) {
    self.init(seed: seed)
    fieldgate_disk_copy(disk, other.disk)
    fieldgate_disk_settle(disk)
  }

  /// Connections that are still open are dead from then on, and may be closed later.
  deinit { fieldgate_disk_release(disk) }

  // MARK: Ends of the process

  /// The process died, the machine did not: open handles are dead (every call fails with `SQLITE_IOERR`, closing does
  /// not), locks and shared memory are gone, everything written is there.
  public func kill() { fieldgate_disk_kill(disk) }

  /// The machine lost its power: as ``kill()``, and an arbitrary part of what was not synced is lost.
  public func powerCut() { fieldgate_disk_power_cut(disk) }

  /// Lets so many more operations through and then none: the process has come to its end at that point, which the next
  /// ``kill()`` or ``powerCut()`` completes. A write that meets the end may be done in part. nil: no end is planned.
  public func stop(afterOperations count: Int?) { fieldgate_disk_stop(disk, count.map { Int64($0) } ?? -1) }

  /// The planned end has come.
  public var isStopped: Bool { fieldgate_disk_is_stopped(disk) }

  // MARK: Settings

  /// What all files together may take; beyond it writes fail with `SQLITE_FULL`. nil: no limit.
  public var capacityBytes: Int? {
    get {
      let capacity = fieldgate_disk_capacity(disk)
      return capacity == .max ? nil : Int(capacity)
    }
    set { fieldgate_disk_set_capacity(disk, newValue.map { Int64($0) } ?? .max) }
  }

  /// What all files together take now.
  public var usedBytes: Int { Int(fieldgate_disk_used(disk)) }

  /// The file system was remounted read-only: existing files open for reading only, changes fail.
  public var isReadOnly: Bool {
    get { fieldgate_disk_is_read_only(disk) }
    set { fieldgate_disk_set_read_only(disk, newValue) }
  }

  /// A planted fault of the device: syncs succeed and do nothing. A check of durability must notice.
  public var ignoresSync: Bool {
    get { fieldgate_disk_ignores_sync(disk) }
    set { fieldgate_disk_set_ignores_sync(disk, newValue) }
  }

  /// SQLite's clock on this disk, in milliseconds since 1970; it stands still unless it is set.
  public var unixMilliseconds: Int64 {
    get { fieldgate_disk_time(disk) }
    set { fieldgate_disk_set_time(disk, newValue) }
  }

  /// Called, with microseconds, when SQLite wants to wait for a lock; it does not wait by itself. `body` must not hold
  /// the disk strongly.
  public func onSleep(_ body: ((_ microseconds: Int) -> Void)?) {
    sleep = body
    guard body != nil else { return fieldgate_disk_set_sleep(disk, nil, nil) }
    let context = Unmanaged.passUnretained(self).toOpaque()
    fieldgate_disk_set_sleep(
      disk,
      { context, microseconds in
        guard let context else { return }
        Unmanaged<SimulatedDisk>.fromOpaque(context).takeUnretainedValue().sleep?(Int(microseconds))
      }, context)
  }
}
