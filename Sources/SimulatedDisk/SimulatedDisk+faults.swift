import CSimulatedDisk

/// Faults on order, and what was counted.
extension SimulatedDisk {
  /// What is counted, can be made to fail, and ends at ``stop(afterOperations:)``. Locks and shared memory are none.
  public enum Operation: Int32, CaseIterable, Sendable {
    case open = 0
    case read, write, sync, truncate, delete
  }

  /// An order to let calls fail.
  public struct Failure: Hashable, Sendable {
    public enum Code: Hashable, Sendable {
      /// The extended code that SQLite's unix VFS gives for this kind, such as `SQLITE_IOERR_FSYNC`.
      case inputOutput
      /// `SQLITE_FULL`
      case full
    }

    /// nil: any kind.
    public var operation: Operation?
    /// The first call that fails: 1 is the next of this kind.
    public var nth: Int
    /// All calls from that one on fail, else that one alone.
    public var isForEver: Bool
    public var code: Code
    /// Only files whose path ends so, such as `-wal`; at most 63 bytes.
    public var pathSuffix: String

    public init(
      _ operation: Operation?, nth: Int = 1, isForEver: Bool = false, code: Code = .inputOutput, pathSuffix: String = ""
    ) {
      self.operation = operation
      self.nth = nth
      self.isForEver = isForEver
      self.code = code
      self.pathSuffix = pathSuffix
    }
  }

  /// Most orders at one time.
  public static let maximumFailures = 32

  /// Adds an order; it goes when it has been carried out. Counting starts now.
  ///
  /// A failing write may be done in part. A failing sync settles, from the seed, for each unsynced write whether it
  /// became durable or never will, although the process goes on reading it.
  public func fail(_ failure: Failure) {
    precondition(failureCount < Self.maximumFailures, "too many failures at one time")
    precondition(failure.nth >= 1 && failure.pathSuffix.utf8.count < 64, "a failure out of range")
    fieldgate_disk_fail(
      disk, failure.operation?.rawValue ?? -1, Int64(failure.nth), failure.isForEver, failure.code == .full,
      failure.pathSuffix)
  }

  public func clearFailures() { fieldgate_disk_clear_failures(disk) }

  /// Orders not yet carried out; those for ever stay.
  public var failureCount: Int { Int(fieldgate_disk_failure_count(disk)) }

  public struct Counters: Hashable, Sendable {
    /// Calls by kind, failed ones included.
    public var operations: [Operation: Int] = [:]
    /// Calls that failed on order.
    public var injectedFailures: [Operation: Int] = [:]
    public var bytesRead = 0
    public var bytesWritten = 0
    public var syncs: Int { operations[.sync, default: 0] }
    public var total: Int { operations.values.reduce(0, +) }
  }

  /// Since the disk was made.
  public var counters: Counters {
    var counters = Counters()
    for operation in Operation.allCases {
      counters.operations[operation] = Int(fieldgate_disk_operations(disk, operation.rawValue))
      counters.injectedFailures[operation] = Int(fieldgate_disk_injected(disk, operation.rawValue))
    }
    counters.bytesRead = Int(fieldgate_disk_bytes_read(disk))
    counters.bytesWritten = Int(fieldgate_disk_bytes_written(disk))
    return counters
  }
}
