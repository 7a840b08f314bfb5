import CMosquitto
import Glibc

/// OpenSSL's settings for one endpoint, made again when a file changed.
///
/// One serves many connections: libmosquitto forgets its reference when a connection fails before TLS begins, and a context
/// for each attempt would then be lost each time.
final class TLSContext {
  let pointer: OpaquePointer
  private let files: [FileIdentity?]
  private let finding: UnsafeMutablePointer<fieldgate_tls_finding>

  /// What tells one state of a file from the next.
  private struct FileIdentity: Equatable {
    var inode: UInt
    var size: Int
    var seconds: Int
    var nanoseconds: Int
  }

  init(_ tls: MQTTEndpoint.TLS, host: String) throws(MQTTError) {
    files = Self.identities(tls)
    let finding = UnsafeMutablePointer<fieldgate_tls_finding>.allocate(capacity: 1)
    finding.initialize(to: fieldgate_tls_finding(code: 0))
    var failed: UnsafePointer<CChar>?
    guard
      let context = fieldgate_tls_context(host, tls.authority, tls.certificate, tls.key, finding, &failed)
    else {
      let cause = fieldgate_tls_reason().map { String(cString: $0) } ?? "unknown cause"
      finding.deallocate()
      throw Self.error(failed.map { String(cString: $0) } ?? "", cause, tls)
    }
    pointer = context
    self.finding = finding
  }

  deinit {
    // A reference that libmosquitto forgot keeps the context, and the context our finding: rare and small, so neither goes.
    fieldgate_tls_free(pointer)
  }

  /// Whether the files are still those that it was made from.
  func isCurrent(_ tls: MQTTEndpoint.TLS) -> Bool { files == Self.identities(tls) }

  /// Why the broker's certificate was not accepted, as OpenSSL's number and words; forgotten with that.
  func takeFinding() -> (code: Int32, text: String)? {
    let code = finding.pointee.code
    finding.pointee.code = 0
    guard code != 0 else { return nil }
    return (code, String(cString: fieldgate_tls_finding_text(code)))
  }

  private static func identities(_ tls: MQTTEndpoint.TLS) -> [FileIdentity?] {
    [tls.authority, tls.certificate, tls.key].map { path in
      var status = stat()
      guard let path, stat(path, &status) == 0 else { return nil }
      return FileIdentity(
        inode: UInt(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
        nanoseconds: status.st_mtim.tv_nsec)
    }
  }

  private static func error(_ failed: String, _ words: String, _ tls: MQTTEndpoint.TLS) -> MQTTError {
    let file = ["authority": tls.authority, "certificate": tls.certificate, "key": tls.key][failed] ?? nil
    // OpenSSL has no words for what the system refuses.
    let isReadable = file.map { access($0, R_OK) == 0 } ?? true
    let cause = isReadable ? words : "it cannot be read (\(String(cString: strerror(errno))))"
    return switch failed {
    case "authority": MQTTError("cannot use the CA file \(tls.authority ?? "of the system") for the broker: \(cause)")
    case "certificate": MQTTError("cannot use the certificate \(tls.certificate ?? "") for the broker: \(cause)")
    case "key": MQTTError("cannot use the key \(tls.key ?? "") for the broker: \(cause)")
    case "pair":
      MQTTError("the key \(tls.key ?? "") does not belong to the certificate \(tls.certificate ?? ""): \(cause)")
    default: MQTTError("cannot prepare TLS for the broker: \(cause)")
    }
  }
}
