import Glibc

/// A file with a password: its first line.
enum PasswordFile {
  static let maximumBytes = 4_096

  static func read(_ path: String) throws(MQTTError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw problem(path, String(cString: strerror(errno))) }
    guard count <= maximumBytes else { throw problem(path, "it is longer than \(maximumBytes) bytes") }
    let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else { throw problem(path, "its first line is empty") }
    return String(decoding: line, as: UTF8.self)
  }

  private static func problem(_ path: String, _ cause: String) -> MQTTError {
    MQTTError("cannot read the broker's password from \(path): \(cause)")
  }
}
