public import GatewayConfiguration
import Glibc
import Telemetry

/// What came of reading a configuration file.
public struct LoadedConfiguration: Sendable {
  /// Nil when a diagnostic is an error.
  public var settings: GatewaySettings?
  /// All problems in the order of the file.
  public var diagnostics: [Diagnostic]
  /// Of the bytes that were read (``ConfigurationFile/digest(path:)``); nil when they could not be.
  public var digest: UInt64?
}

/// A configuration file on disk.
public enum ConfigurationFile {
  public static func load(path: String) -> LoadedConfiguration {
    var digest: UInt64?
    do {
      let bytes = try read(path)
      digest = FNV1a.hash(bytes)
      let (settings, diagnostics) = GatewaySettingsReader.read(
        try YAMLFile.parse(bytes), profiles: ProfileFolders.shelf())
      return LoadedConfiguration(settings: settings, diagnostics: diagnostics, digest: digest)
    } catch {
      return LoadedConfiguration(settings: nil, diagnostics: [error], digest: digest)
    }
  }

  /// Tells whether two readings of a file found the same contents; nil when it cannot be read.
  public static func digest(path: String) -> UInt64? { (try? read(path)).map { FNV1a.hash($0) } }

  /// The text of a file, such as a register list.
  public static func text(path: String) -> Result<String, Diagnostic> {
    do {
      guard let text = String(validating: try read(path), as: UTF8.self) else {
        return .failure(Diagnostic(.error, at: nil, "the file is not UTF-8 text"))
      }
      return .success(text)
    } catch {
      return .failure(error)
    }
  }

  /// The tree of another file, such as a profile.
  static func tree(path: String) -> Result<YAMLNode, Diagnostic> {
    do {
      return .success(try YAMLFile.parse(try read(path)))
    } catch {
      return .failure(error)
    }
  }

  private static func read(_ path: String) throws(Diagnostic) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= YAMLFile.maximumBytes {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  private static func failure(_ code: Int32) -> Diagnostic {
    let advice =
      switch code {
      case ENOENT: "is the path right?"
      case EACCES: "this user may not read it; see: ls -l"
      case EISDIR: "name a file, not a directory"
      default: ""
      }
    return Diagnostic(.error, at: nil, "cannot read the file: \(String(cString: strerror(code)))", hint: advice)
  }
}
