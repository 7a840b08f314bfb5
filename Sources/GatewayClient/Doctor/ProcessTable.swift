import Glibc

/// The running processes, as /proc lists them to this user.
struct ProcessTable {
  struct Entry {
    var pid: Int
    var program: String
  }

  let entries: [Entry]

  init() {
    entries = Self.names(in: "/proc").compactMap { name in
      guard let pid = Int(name), let text = Self.text("/proc/\(pid)/comm") else { return nil }
      return Entry(pid: pid, program: String(text.prefix { $0 != "\n" }))
    }
  }

  func isRunning(_ program: String) -> Bool { entries.contains { $0.program == program } }

  /// Those that were started with this file.
  func daemons(of file: String) -> [Int] {
    entries.filter { entry in
      guard entry.program == "fieldgated", let line = Self.text("/proc/\(entry.pid)/cmdline") else { return false }
      // A process that has ended and waits for its parent has none.
      guard !line.isEmpty else { return false }
      let arguments = line.split(separator: "\0").dropFirst()
      let folder = Self.link("/proc/\(entry.pid)/cwd")
      let named = arguments.map { $0.hasPrefix("--configuration=") ? $0.dropFirst(16) : $0 }
      return named.contains { Self.isSame(String($0), file, in: folder) }
        || (arguments.isEmpty && file == "/etc/fieldgate/gateway.yaml")
    }.map(\.pid)
  }

  /// - Parameter folder: where a relative name begins.
  private static func isSame(_ name: String, _ file: String, in folder: String?) -> Bool {
    if name == file { return true }
    guard !name.hasPrefix("/"), let folder else { return false }
    return resolved("\(folder)/\(name)").map { $0 == resolved(file) } ?? false
  }

  /// Who has a file open; root sees all, others see their own processes.
  func holders(of path: String) -> [Entry] {
    guard let resolved = Self.resolved(path) else { return [] }
    return entries.filter { entry in
      let folder = "/proc/\(entry.pid)/fd"
      return Self.names(in: folder).contains { Self.link("\(folder)/\($0)") == resolved }
    }
  }

  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  private static func link(_ path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = bytes.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }

  /// At most 64 KiB.
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
