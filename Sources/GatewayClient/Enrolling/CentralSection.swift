import GatewayConfiguration
import Glibc
import YAMLParser

/// The part `central:` of a configuration file: what it says, and how it is added without touching any other line.
struct CentralSection {
  /// What became of the file.
  enum Outcome: Equatable {
    /// It names this central already.
    case kept
    case written
    /// What a person must do instead.
    case left(String)
  }

  let path: String
  private let text: String?
  private let loaded: LoadedConfiguration

  init(path: String) {
    self.path = path
    text = try? ConfigurationFile.text(path: path).get()
    loaded = ConfigurationFile.load(path: path)
  }

  var isThere: Bool { text != nil }

  /// As the file says it, even where something else in it is wrong.
  var gateway: String? { loaded.settings?.gateway ?? value(of: "gateway") }

  var settings: CentralSettings? { loaded.settings?.central }

  /// Of the daemon that runs with this file.
  var socket: String { loaded.settings?.api.socket ?? GatewayClient.defaultSocket }

  private func value(of key: String) -> String? {
    guard let line = lines.first(where: { $0.hasPrefix("\(key):") }) else { return nil }
    let rest = line.dropFirst(key.utf8.count + 1).prefix { $0 != "#" }
    let value = rest.filter { !" \t\r\"'".contains($0) }
    return value.isEmpty ? nil : value
  }

  private var lines: [Substring] { text?.split(separator: "\n", omittingEmptySubsequences: false) ?? [] }

  /// Central stands in the file, be it right or wrong.
  var isPresent: Bool { settings != nil || lines.contains { $0.hasPrefix("central:") } }

  /// The lines to be added.
  static func addition(url: String, proxy: String?, identity: String) -> String {
    var added = "# Written by fieldgate enroll.\ncentral:\n  url: \"\(url)\"\n"
    if identity != CentralSettings.standardIdentity { added += "  identity: \"\(identity)\"\n" }
    if let proxy { added += "  proxy: \"\(proxy)\"\n" }
    return added
  }

  /// Adds central at the end of the file where it has none, beside the old file and moved over it, with its owner and mode.
  func write(url: String, proxy: String?, identity: String) -> Outcome {
    if isPresent { return .kept }
    let addition = Self.addition(url: url, proxy: proxy, identity: identity)
    let byHand = "add these lines to it:\n\(addition)"
    guard let text else { return .left("\(path) cannot be read; when it is there, \(byHand)") }
    guard loaded.settings != nil else {
      return .left(
        "\(path) has mistakes (fieldgate check \(path)), so nothing was added: when they are corrected, \(byHand)")
    }
    var status = stat()
    let new = "\(path).enroll"
    guard stat(path, &status) == 0 else { return .left("\(path) is gone; when it is there, \(byHand)") }
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      return .left("\(path) cannot be written (\(String(cString: strerror(errno)))): \(byHand)")
    }
    defer { unlink(new) }
    let bytes = Array((text + (text.isEmpty || text.hasSuffix("\n") ? "" : "\n") + "\n" + addition).utf8)
    let isWritten =
      Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fchmod(descriptor, status.st_mode & 0o777) == 0
      && (fchown(descriptor, status.st_uid, status.st_gid) == 0 || geteuid() != 0) && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten else { return .left("\(path) could not be written: \(byHand)") }
    guard isSound(new, url) else { return .left("\(path) is not as expected, so nothing was added: \(byHand)") }
    guard rename(new, path) == 0 else { return .left("\(path) could not be replaced: \(byHand)") }
    return .written
  }

  /// The reader of configurations takes it, with this central in it.
  private func isSound(_ new: String, _ url: String) -> Bool {
    ConfigurationFile.load(path: new).settings?.central?.url == url
  }
}
