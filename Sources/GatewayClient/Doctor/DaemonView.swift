import FoundationEssentials
import LocalAPI

/// What a running daemon says of itself, as far as the doctor needs it.
struct DaemonView {
  private(set) var status: GatewayStatus?
  private(set) var figures: [FiguresAnswer.Bus] = []
  private(set) var plan: PlanAnswer?
  /// Why there is no status.
  private(set) var failure: String?

  init(socket: String) {
    do {
      let client = try LocalAPIClient(path: socket)
      let text = try Self.ask("status", client)
      status = try Self.decode(DaemonLine.self, text)?.status
      figures = try Self.decode(FiguresAnswer.self, text)?.status.buses.filter { $0.type != "computed" } ?? []
      plan = try Self.decode(DaemonLine.self, try Self.ask("plan", client))?.plan
    } catch {
      failure = "\(error)"
    }
  }

  private static func ask(_ request: String, _ client: LocalAPIClient) throws -> String? {
    try client.send("{\"request\":\"\(request)\"}")
    return try client.readLine()
  }

  private static func decode<Answer: Decodable>(_ type: Answer.Type, _ text: String?) throws -> Answer? {
    try text.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}

/// The part of `status` that tells how buses and devices answer (`docs/formats/local-api.md`).
struct FiguresAnswer: Decodable {
  struct Device: Decodable {
    var name: String
    var unit: Int?
    var requests: Int?
    var replies: Int?
    var silent: Bool?
    var damagedReplies: Int?
    var wrongUnitReplies: Int?
    var answeredBy: Int?
    var quality: String
    var fault: String?

    enum CodingKeys: String, CodingKey {
      case name, unit, requests, replies, silent, quality, fault
      case damagedReplies = "damaged_replies"
      case wrongUnitReplies = "wrong_unit_replies"
      case answeredBy = "answered_by"
    }
  }

  struct Bus: Decodable {
    var name: String
    var type: String?
    var up: Bool
    var fault: String?
    var requests: Int
    var failures: [String: Int]
    var scans: Int
    var scansLate: Int
    var scansSkipped: Int
    var lateReplies: Int?
    var serial: GatewayStatus.SerialFigures?
    var devices: [Device]

    enum CodingKeys: String, CodingKey {
      case name, type, up, fault, requests, failures, scans, serial, devices
      case scansLate = "scans_late"
      case scansSkipped = "scans_skipped"
      case lateReplies = "late_replies"
    }
  }

  struct Status: Decodable { var buses: [Bus] }

  var status: Status
}
