import Glibc

/// Programs that tests start.
public enum Executable {
  /// The path of a program: as given when it has a slash, otherwise the first executable of that name in `PATH`.
  ///
  /// - Throws: ``TestKitError`` that names `Scripts/setup`, which installs what the tests need.
  public static func find(_ program: String) throws(TestKitError) -> String {
    if program.utf8.contains(UInt8(ascii: "/")) {
      guard access(program, X_OK) == 0 else { throw TestKitError("cannot run \(program): \(errorText())") }
      return program
    }
    let directories = environment()["PATH"] ?? "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    for directory in directories.split(separator: ":") {
      let path = "\(directory)/\(program)"
      if access(path, X_OK) == 0 { return path }
    }
    throw TestKitError("program '\(program)' is not installed; run Scripts/setup, which installs what the tests need")
  }

  /// A program of this package, built beside the running test or program.
  ///
  /// - Throws: ``TestKitError`` with the command that builds it.
  public static func built(_ name: String) throws(TestKitError) -> String {
    let own = (try? TextFile.linkTarget("/proc/self/exe")) ?? ""
    // The test runner itself lies in the toolchain; the test bundle it was given lies beside our programs.
    for candidate in [own] + CommandLine.arguments {
      var directory = candidate[...]
      for _ in 0..<3 {
        guard let slash = directory.lastIndex(of: "/") else { break }
        directory = directory[..<slash]
        let path = "\(directory)/\(name)"
        if access(path, X_OK) == 0, !isDirectory(path) { return path }
      }
    }
    throw TestKitError("program \(name) is not built; run: swift build --product \(name)")
  }

  /// This process's environment.
  public static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    guard let text = try? TextFile.read("/proc/self/environ") else { return variables }
    for entry in text.split(separator: "\0") {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      variables[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
    }
    return variables
  }

  private static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

extension TextFile {
  /// Where a symbolic link points.
  public static func linkTarget(_ path: String) throws(TestKitError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      readlink(path, bytes.bindMemory(to: CChar.self).baseAddress!, bytes.count)
    }
    guard count >= 0 else { throw TestKitError("cannot read the link \(path): \(errorText())") }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
