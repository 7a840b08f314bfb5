import CertificateAuthority
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import PKI
import ServiceLifecycle
import Telemetry
import Threads

/// What a running central shows to clients, and by what it knows them.
struct ServedIdentity: Sendable {
  var tls: TLSConfiguration
  /// Nil where certificates of a CA of the operator's own are believed as they are.
  var desk: IdentityDesk?
  var credentials: ServerCredentials?

  /// What runs beside the server: renewal of central's own certificate, and the listener for late renewals.
  func services(_ settings: ServeSettings, _ log: Logger) throws -> [any Service] {
    guard let desk, let credentials, case .ownAuthority(let own) = settings.identity else { return [] }
    guard let host = own.lateHost else { return [credentials] }
    try ListenCheck.verify(host, own.latePort, option: "--late-renewal-listen")
    let router = Router(context: CentralContext.self)
    router.add(middleware: AccessMiddleware(desk: desk))
    ESTRoutes(desk: desk, isLate: true).add(to: router)
    var tls = try credentials.tlsConfiguration(desk.authorities)
    tls.certificateVerification = .noHostnameVerification
    let authorities = desk.authorities
    let configuration = TLSChannelConfiguration(
      tlsConfiguration: tls,
      customVerificationCallback: { chain, promise in
        let isOurs = LateVerification.isOurs(chain, authorities: authorities)
        promise.succeed(isOurs ? .certificateVerified : .failed)
      })
    let late = Application(
      router: router, server: try .tls(.http1(configuration: ServeSettings.channel), configuration: configuration),
      configuration: .init(
        address: .hostname(host, port: own.latePort), serverName: "fieldgate-central",
        availableConnectionsDelegate: MaximumAvailableConnections(64)), logger: log)
    return [credentials, late]
  }
}

extension CentralDaemon {
  static func identity(_ settings: ServeSettings, _ log: Logger) throws -> ServedIdentity {
    switch settings.identity {
    case .files(let authority, let certificate, let key):
      return ServedIdentity(tls: try filesConfiguration(authority, certificate, key))
    case .ownAuthority(let own):
      let directory = AuthorityDirectory(data: settings.data)
      guard directory.exists else {
        throw CentralStartError(
          "\(directory.path) holds no certificate authority. Make one with 'fieldgate-central ca init --server-name "
            + "central.example', or give --ca, --certificate and --key of your own")
      }
      do {
        let credentials = try ServerCredentials(directory, log: log)
        let desk = try IdentityDesk(data: settings.data, certificateSeconds: own.certificateSeconds)
        return ServedIdentity(
          tls: try credentials.tlsConfiguration(desk.authorities), desk: desk, credentials: credentials)
      } catch {
        throw CentralStartError("the certificate authority in \(directory.path) cannot be used: \(error)")
      }
    }
  }

  /// Client certificates are required: verification on a server without a host name to compare, which NIOSSL turns into
  /// "no handshake without a certificate that this CA signed and that is valid now".
  private static func filesConfiguration(
    _ authority: String, _ certificate: String, _ key: String
  ) throws -> TLSConfiguration {
    for path in [authority, certificate] {
      do {
        let identity = try CertificateIdentity(pemFile: path)
        guard identity.notAfter > SystemClock.wall().milliseconds / 1_000 else {
          throw CentralStartError("the certificate \(path) has expired; renew it")
        }
      } catch let error as CertificateError {
        throw CentralStartError("\(path): \(error)")
      }
    }
    do {
      let chain = try NIOSSLCertificate.fromPEMFile(certificate).map {
        NIOSSLCertificateSource.certificate($0)
      }
      let key = try NIOSSLPrivateKey(file: key, format: .pem)
      var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
      tls.minimumTLSVersion = .tlsv12
      tls.certificateVerification = .noHostnameVerification
      tls.trustRoots = .file(authority)
      _ = try NIOSSLContext(configuration: tls)
      return tls
    } catch let error as CentralStartError {
      throw error
    } catch {
      throw CentralStartError(
        "cannot use \(certificate) with the key \(key): \(error). Do they belong together, and may this user read them?"
      )
    }
  }
}
