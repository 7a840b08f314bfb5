import Glibc
import PKI

/// Small files that are whole after a power cut: written beside, synced, renamed.
enum DurableFile {
  /// Replaces `path`; mode 0600.
  static func write(_ bytes: [UInt8], to path: String) throws(CertificateError) {
    let draft = path + ".new"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(draft, errno) }
    // One call is enough for a few thousand bytes, except on a full disk.
    let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard isWritten, rename(draft, path) == 0 else {
      unlink(draft)
      throw failure(path, isWritten ? errno : code)
    }
    try syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
  }

  static func syncDirectory(_ path: String) throws(CertificateError) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path, errno) }
  }

  /// With the files in it; directories in it stay.
  static func removeDirectory(_ path: String) {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { unlink(path + "/" + name) }
    }
    closedir(directory)
    rmdir(path)
  }

  static func failure(_ path: String, _ code: Int32) -> CertificateError {
    CertificateError("\(path) cannot be written (\(String(cString: strerror(code))))")
  }
}
