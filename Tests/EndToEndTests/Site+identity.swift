import FieldgateTestKit
import Foundation
import Testing

/// A central with a certificate authority of its own, and its operator's commands.
extension Site {
  /// `fieldgate-central COMMAND … --data …`
  @discardableResult
  func central(_ arguments: String..., mustSucceed: Bool = true) throws -> Output {
    try run(Executable.built("fieldgate-central"), arguments + ["--data", path("data")], mustSucceed: mustSucceed)
  }

  /// Makes the authority and an administrator's token, and starts the service.
  func startOwnCentral(_ options: String...) async throws {
    ownAuthority = options
    try central("ca", "init", "--server-name", "localhost", "--server-name", "127.0.0.1")
    _ = try temporary.write("own-ca.pem", try central("ca", "export").text)
    try central("operator", "add", "anna", "--role", "administrator")
    operatorToken = try central("token", "create", "anna").text.trimmingCharacters(in: .newlines)
    try await startCentral()
  }

  /// A ticket's text.
  func ticket(_ gateway: String? = nil, _ more: String...) throws -> String {
    try run(
      Executable.built("fieldgate-central"),
      [
        "ticket", "create", gateway ?? gatewayName, "--url", "https://127.0.0.1:\(centralPort)", "--data", path("data"),
      ] + more
    ).text
  }

  static func secret(_ ticket: String) -> String {
    ticket.split(separator: "\n").first { $0.hasPrefix("secret: ") }.map { String($0.dropFirst(8)) } ?? ""
  }

  @discardableResult
  func enroll(_ ticket: String, mustSucceed: Bool = true) throws -> Output {
    _ = try temporary.write("ticket.txt", ticket)
    return try run(
      Executable.built("fieldgate"),
      [
        "enroll", path("ticket.txt"), "--configuration", path("gateway.yaml"), "--identity", path("identity"), "--json",
      ], mustSucceed: mustSucceed)
  }

  struct Member: Decodable {
    struct Certificate: Decodable {
      var serial: String
      var state: String
      var source: String
    }
    var name: String
    var state: String
    var certificates: [Certificate]
    var renewedLate: String?

    enum CodingKeys: String, CodingKey {
      case name, state, certificates
      case renewedLate = "renewed_late"
    }
  }

  func member(_ name: String) throws -> Member {
    try JSONDecoder().decode(Member.self, from: Data(try central("gateway", "show", name, "--json").text.utf8))
  }
}
