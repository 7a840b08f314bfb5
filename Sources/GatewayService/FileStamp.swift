import Glibc

/// By which a file is known to be untouched, without reading it.
struct FileStamp: Equatable, Sendable {
  private var inode: UInt64
  private var size: Int64
  private var modified: Int64
  private var changed: Int64

  /// Nil when there is no such file.
  init?(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    inode = UInt64(info.st_ino)
    size = Int64(info.st_size)
    modified = Self.nanoseconds(info.st_mtim)
    changed = Self.nanoseconds(info.st_ctim)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
