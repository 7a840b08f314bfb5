import CentralCore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSONText
import NIOCore
import Telemetry
import Threads

/// The way back to the gateways: what operators do about alarms (`docs/central.md`).
struct CommandRoutes {
  let ingest: IngestLoop
  let queries: QueryThreads

  /// The body of a request: one of the first three, or only a comment.
  struct Wish: Decodable {
    var acknowledge: Bool?
    /// Seconds.
    var shelve: Int64?
    var unshelve: Bool?
    var comment: String?
  }

  func add(to router: Router<CentralContext>) {
    router.post("/v1/gateways/:gateway/alarms/:alarm") { request, context in try await take(request, context) }
    router.get("/v1/gateways/:gateway/commands") { _, context in
      _ = try await context.operator(.viewer)
      let gateway = try name(context, "gateway")
      let waiting = await ingest.waiting(for: gateway)
      return Response.json(
        JSONWriter.object { json in
          json.array("commands") { json in for command in waiting { json.object { command.write(to: &$0) } } }
        })
    }
  }

  private func name(_ context: CentralContext, _ part: String) throws -> String {
    guard let name = context.parameters.get(part), (1...64).contains(name.utf8.count) else {
      throw CentralHTTPError.badRequest("the path is /v1/gateways/GATEWAY/alarms/ALARM, each of 1 to 64 bytes")
    }
    return name
  }

  private func take(_ request: Request, _ context: CentralContext) async throws -> Response {
    let person = try await context.operator(.operator)
    let gateway = try name(context, "gateway")
    let alarm = try name(context, "alarm")
    let body = try await request.body.collect(upTo: 4_096)
    let wish: Wish
    do {
      wish = try JSONDecoder().decode(Wish.self, from: Data(body.readableBytesView))
    } catch {
      throw CentralHTTPError.badRequest(
        "the body is a JSON object such as {\"acknowledge\":true,\"comment\":\"seen\"} or {\"shelve\":7200}")
    }
    let known = try await queries.run { try $0.gateways().contains { $0.name == gateway } }
    guard known else {
      throw CentralHTTPError(
        .notFound, "unknown-gateway", "no gateway '\(gateway)' has ever sent anything; see GET /v1/gateways")
    }
    let command = OperatorCommand(
      number: UInt64.random(in: 1..<1 << 62), gateway: gateway, alarm: alarm, action: try action(wish),
      seconds: wish.shelve, comment: wish.comment ?? "", who: person, created: SystemClock.wall())
    switch await ingest.keep(command) {
    case .kept:
      return Response.json(JSONWriter.object { command.write(to: &$0) }, status: .accepted)
    case .full:
      throw CentralHTTPError(
        .serviceUnavailable, "busy", "\(OperatorCommand.maximumWaiting) commands wait for this gateway; is it online?",
        retryAfter: 60)
    case .failed(let text): throw CentralHTTPError(.internalServerError, "storage", text)
    }
  }

  private func action(_ wish: Wish) throws -> OperatorCommand.Action {
    let wanted: [OperatorCommand.Action] = [
      wish.acknowledge == true ? .acknowledge : nil, wish.shelve != nil ? .shelve : nil,
      wish.unshelve == true ? .unshelve : nil,
    ].compactMap(\.self)
    if let seconds = wish.shelve, !(1...31 * 86_400).contains(seconds) {
      throw CentralHTTPError.badRequest("'shelve' is a number of seconds, 1 to \(31 * 86_400)")
    }
    if let comment = wish.comment, !(1...256).contains(comment.utf8.count) {
      throw CentralHTTPError.badRequest("'comment' has 1 to 256 bytes")
    }
    guard wanted.count <= 1, let action = wanted.first ?? (wish.comment == nil ? nil : .comment) else {
      throw CentralHTTPError.badRequest(
        "one of \"acknowledge\":true, \"shelve\":SECONDS, \"unshelve\":true, or a \"comment\"")
    }
    return action
  }
}
