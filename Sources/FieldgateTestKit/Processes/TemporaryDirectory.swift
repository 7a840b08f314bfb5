import Glibc

/// A new directory under `TMPDIR` (or `/tmp`), removed with all it holds when the last reference goes, unless kept.
///
/// `FIELDGATE_KEEP=1` in the environment keeps every one and prints its path, to look into after a failed test.
public final class TemporaryDirectory: @unchecked Sendable {  // the path is constant, `kept` is used under the mutex
  public let path: String
  private let mutex = Lock()
  private var kept = false

  /// - Parameter name: stands in the directory's name, so that a left-over tells where it came from.
  /// - Throws: ``TestKitError`` when it cannot be made.
  public init(_ name: String = "test") throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/fieldgate-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw TestKitError("cannot make a temporary directory in \(parent): \(errorText()); set TMPDIR to a writable one")
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    if getenv("FIELDGATE_KEEP") != nil {
      print("temporary directory \(path) is kept")
      kept = true
    }
  }

  deinit {
    if !kept { Self.remove(path, depth: 0) }
  }

  /// The path of a file or directory in it.
  public func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Leaves the directory behind.
  public func keep() { mutex.withLock { kept = true } }

  /// Writes a text file in it and returns the file's path.
  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try TextFile.write(text, to: self(name))
    return self(name)
  }

  /// The text of a file in it.
  public func read(_ name: String) throws -> String { try TextFile.read(self(name)) }

  /// Makes a directory in it and returns its path.
  @discardableResult
  public func directory(_ name: String) throws -> String {
    let path = self(name)
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw TestKitError("cannot make \(path): \(errorText())") }
    return path
  }

  /// Never follows a symbolic link; directories deeper than 64 levels are left.
  private static func remove(_ path: String, depth: Int) {
    if unlink(path) == 0 || errno == ENOENT || depth > 64 { return }
    guard let directory = opendir(path) else { return }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    closedir(directory)
    for name in names { remove("\(path)/\(name)", depth: depth + 1) }
    rmdir(path)
  }
}
