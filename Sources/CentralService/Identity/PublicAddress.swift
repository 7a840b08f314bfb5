import Enrolment
import Glibc

/// Where gateways reach this central, as the service last said it: the file `address` in the data directory, one line,
/// `url https://central.example` where `serve --url` names it, otherwise `port 8443`. Tickets are made by other processes,
/// which know nothing of the service's options.
struct PublicAddress: Hashable, Sendable {
  /// Nil: the first name in central's certificate, with ``port``.
  var url: String?
  /// Of the listener; nil: the service has not run yet.
  var port: Int?

  static let usualPort = 8_443

  private static func file(_ data: String) -> String { data + "/address" }

  init(url: String?, port: Int?) {
    self.url = url
    self.port = port
  }

  /// What stands in the file; nothing where there is none, or none that can be read.
  init(data: String) {
    guard let file = fopen(Self.file(data), "re") else { return }
    defer { fclose(file) }
    var bytes = [CChar](repeating: 0, count: 1_024)
    guard fgets(&bytes, Int32(bytes.count), file) != nil else { return }
    let line = String(decoding: bytes.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if line.hasPrefix("url "), Ticket.isURL(String(line.dropFirst(4))) { url = String(line.dropFirst(4)) }
    if line.hasPrefix("port ") { port = Int(line.dropFirst(5)) }
  }

  /// Replaces the file.
  ///
  /// - Returns: why it could not be written; nil when it was.
  func write(data: String) -> String? {
    let draft = Self.file(data) + ".new"
    let line = Array((url.map { "url \($0)\n" } ?? "port \(port ?? Self.usualPort)\n").utf8)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return "cannot write \(draft): \(String(cString: strerror(errno)))" }
    let isWritten = Glibc.write(descriptor, line, line.count) == line.count && fsync(descriptor) == 0
    close(descriptor)
    guard isWritten, rename(draft, Self.file(data)) == 0 else {
      unlink(draft)
      return "cannot write \(Self.file(data)): \(String(cString: strerror(errno)))"
    }
    return nil
  }

  /// - Parameter name: the first name in central's certificate.
  func url(name: String) -> String {
    url ?? "https://\(name.contains(":") ? "[\(name)]" : name):\(port ?? Self.usualPort)"
  }

  /// Nobody knows the port yet.
  var isGuess: Bool { url == nil && port == nil }
}
