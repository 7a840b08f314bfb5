import CertificateAuthority
import Logging
import NIOCore
import NIOSSL
import PKI
import ServiceLifecycle
import Synchronization
import Telemetry
import Threads

/// Central's own certificate where its authority makes it: handed to each handshake, renewed without a restart.
final class ServerCredentials: Service {
  private struct Pair: Sendable {
    var chain: [NIOSSLCertificateSource]
    var key: NIOSSLPrivateKeySource
  }

  private let directory: AuthorityDirectory
  private let pair: Mutex<Pair>
  private let log: Logger

  /// - Throws: when the file holds no certificate with its key.
  init(_ directory: AuthorityDirectory, log: Logger) throws {
    self.directory = directory
    self.log = log
    try directory.renewServer(now: SystemClock.wall().milliseconds / 1_000)
    pair = Mutex(try Self.read(directory))
  }

  private static func read(_ directory: AuthorityDirectory) throws -> Pair {
    let file = directory.file("server.pem")
    return Pair(
      chain: try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) },
      key: .privateKey(try NIOSSLPrivateKey(file: file, format: .pem)))
  }

  /// - Parameter authorities: root and issuing certificates, DER.
  func tlsConfiguration(_ authorities: [[UInt8]]) throws -> TLSConfiguration {
    let now = pair.withLock { $0 }
    var tls = TLSConfiguration.makeServerConfiguration(certificateChain: now.chain, privateKey: now.key)
    tls.minimumTLSVersion = .tlsv12
    // Whoever shows no certificate may enrol, or signs in as an operator.
    tls.certificateVerification = .optionalVerification
    tls.trustRoots = .certificates(try authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) })
    tls.sslContextCallback = { [self] _, promise in
      let now = pair.withLock { $0 }
      var override = NIOSSLContextConfigurationOverride()
      override.certificateChain = now.chain
      override.privateKey = now.key
      promise.succeed(override)
    }
    _ = try NIOSSLContext(configuration: tls)
    return tls
  }

  /// Looks once an hour whether the certificate is due.
  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: .seconds(3_600))
        self.renew()
      }
    }
  }

  private func renew() {
    do {
      guard try directory.renewServer(now: SystemClock.wall().milliseconds / 1_000) else { return }
      let fresh = try Self.read(directory)
      pair.withLock { $0 = fresh }
      log.notice("central's own certificate was renewed")
    } catch {
      log.error("central's own certificate cannot be renewed: \(error). See: fieldgate-central ca show")
    }
  }
}

/// Verifies certificates of ours that may have ended, on the listener for late renewals.
enum LateVerification {
  /// - Parameters:
  ///   - chain: as the client showed it, its own certificate first.
  ///   - authorities: root and issuing certificates, DER.
  static func isOurs(_ chain: [NIOSSLCertificate], authorities: [[UInt8]]) -> Bool {
    guard let first = try? chain.first?.toDERBytes(), let root = authorities.first else { return false }
    do {
      let certificate = try Certificate(der: first)
      let issuing = try authorities.dropFirst().map { try Certificate(der: $0) }
      try CertificateBundle(issuing).verify(certificate, root: try Certificate(der: root), now: nil)
      return true
    } catch {
      return false
    }
  }
}
