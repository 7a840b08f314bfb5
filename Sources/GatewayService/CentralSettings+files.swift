import GatewayConfiguration
import GatewayIdentity
import Glibc
import PKI

extension CentralSettings {
  /// The directory of the credentials that systemd gave this service (systemd.exec(5)); nil when there are none.
  static var credentialsDirectory: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }

  /// The files to connect with; nil while this gateway is not enrolled.
  ///
  /// Those of an identity directory by their number and not through its link: libcurl reads certificate and key one after the
  /// other, and a swap between the two would give it a pair that does not belong together.
  var filesInUse: CredentialFiles? {
    guard let identity else {
      let settings = resolved(credentials: Self.credentialsDirectory)
      return CredentialFiles(
        authority: settings.authority, certificate: settings.certificate, key: settings.key)
    }
    let directory = IdentityDirectory(identity)
    guard let number = directory.currentNumber else { return nil }
    let files = directory.files(number)
    return CredentialFiles(authority: files.authority, certificate: files.certificate, key: files.key)
  }
}
