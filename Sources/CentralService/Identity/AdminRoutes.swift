import CentralCore
import CertificateAuthority
import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSONText
import NIOCore
import SQLiteIdentityStore
import Telemetry
import Threads

/// The administrators' side: what the commands on the server do, over the API (`docs/identity.md`).
struct AdminRoutes {
  let desk: IdentityDesk
  let queries: QueryThreads
  /// Central's data directory.
  let data: String

  func add(to router: Router<CentralContext>) {
    addGateways(to: router)
    addTickets(to: router)
    addOperators(to: router)
    router.get("/v1/admin/audit") { request, context in
      _ = try await context.operator(.administrator)
      let query = try QueryParameters(request, known: ["before", "about", "limit"])
      let (before, about) = (try query.number("before").map { Int64(clamping: $0) }, query.text("about"))
      let limit = Int(min(try query.number("limit") ?? 100, 10_000))
      let entries = try await context.ask { try $0.store.auditLog(before: before, subject: about, limit: limit) }
      return Self.json(IdentityText.audit(entries, json: true))
    }
  }

  // MARK: Gateways and sites

  private struct Standing: Decodable {
    var state: String
    var reason: String?
  }

  private struct LateRenewal: Decodable {
    var site: String
    var seconds: Int64
  }

  private func addGateways(to router: Router<CentralContext>) {
    router.get("/v1/admin/gateways") { _, context in
      _ = try await context.operator(.administrator)
      let (records, late) = try await context.ask { (try $0.store.gateways(), try $0.store.lateRenewals()) }
      let members = try await queries.run { queries in records.map { FleetReport.member($0, queries) } }
      return Self.json(IdentityText.gateways(members, late: late, json: true, now: SystemClock.wall()))
    }
    router.post("/v1/admin/gateways/:gateway") { request, context in
      let who = try await context.operator(.administrator)
      let gateway = context.parameters.get("gateway") ?? ""
      let body: Standing = try await Self.body(request, example: "{\"state\":\"denied\",\"reason\":\"stolen\"}")
      guard let standing = GatewayStanding(rawValue: body.state) else {
        throw CentralHTTPError.badRequest("'state' is allowed, denied or retired")
      }
      let now = SystemClock.wall()
      let change = try await context.act {
        try $0.store.change(standing, of: gateway, by: who, reason: body.reason ?? "", now: now)
      }
      guard change != .unknownGateway else {
        throw CentralHTTPError(.notFound, "unknown-gateway", "no gateway '\(gateway)' has enrolled")
      }
      return Response(status: .noContent)
    }
    router.post("/v1/admin/late-renewals") { request, context in
      let who = try await context.operator(.administrator)
      let body: LateRenewal = try await Self.body(
        request, example: "{\"site\":\"North farm\",\"seconds\":604800}, or 0 to close it")
      guard (0...366 * 86_400).contains(body.seconds) else {
        throw CentralHTTPError.badRequest("'seconds' is 0 to 366 days")
      }
      let now = SystemClock.wall()
      let until = now + .seconds(body.seconds)
      try await context.act { try $0.store.allowLateRenewal(site: body.site, until: until, by: who, now: now) }
      return Response(status: .noContent)
    }
  }

  // MARK: Tickets

  private struct NewTicket: Decodable {
    var gateway: String
    var site: String?
    var url: String?
    var seconds: Int64?
  }

  private func addTickets(to router: Router<CentralContext>) {
    router.get("/v1/admin/tickets") { _, context in
      _ = try await context.operator(.administrator)
      let tickets = try await context.ask { try $0.store.tickets() }
      return Self.json(IdentityText.tickets(tickets, json: true, now: SystemClock.wall()))
    }
    router.post("/v1/admin/tickets") { request, context in
      let who = try await context.operator(.administrator)
      let body: NewTicket = try await Self.body(request, example: "{\"gateway\":\"barn-7\",\"site\":\"North farm\"}")
      let made = try await context.act { means in
        let facts = try AuthorityFacts(AuthorityDirectory(data: data), data: data)
        return try IdentityActs(store: means.store, who: who).makeTicket(
          facts, gateway: body.gateway, site: body.site, url: body.url, seconds: body.seconds ?? 7 * 86_400)
      }
      return Self.json(TicketText.make(made.ticket, made.record, json: true), status: .created)
    }
    router.delete("/v1/admin/tickets/:number") { _, context in
      let who = try await context.operator(.administrator)
      let number = try Self.number(context)
      let now = SystemClock.wall()
      let isDone = try await context.act { try $0.store.revokeTicket(number, by: who, now: now) }
      guard isDone else { throw CentralHTTPError(.notFound, "unknown-ticket", "there is no open ticket \(number)") }
      return Response(status: .noContent)
    }
  }

  // MARK: Operators and tokens

  private struct NewOperator: Decodable {
    var name: String
    var role: String
    var password: String?
  }

  private struct ChangedOperator: Decodable {
    var role: String?
    var password: String?
  }

  private struct NewToken: Decodable {
    var label: String?
    var seconds: Int64?
  }

  private func addOperators(to router: Router<CentralContext>) {
    router.get("/v1/admin/operators") { _, context in
      _ = try await context.operator(.administrator)
      return Self.json(IdentityText.operators(try await context.ask { try $0.store.operators() }, json: true))
    }
    router.post("/v1/admin/operators") { request, context in
      let who = try await context.operator(.administrator)
      let body: NewOperator = try await Self.body(request, example: "{\"name\":\"ben\",\"role\":\"viewer\"}")
      guard IdentityWork.isName(body.name) else {
        throw CentralHTTPError.badRequest("'name' has 1 to 64 letters, digits and the signs _ - .")
      }
      let role = try Self.role(body.role)
      let now = SystemClock.wall()
      let isNew = try await context.act { means in
        let hash = try body.password.map { try IdentityActs.hash($0) }
        return try means.store.addOperator(body.name, role: role, password: hash, by: who, now: now)
      }
      guard isNew else { throw CentralHTTPError(.conflict, "known", "there is an operator '\(body.name)' already") }
      return Response(status: .created)
    }
    router.post("/v1/admin/operators/:name") { request, context in try await change(request, context) }
    router.delete("/v1/admin/operators/:name") { _, context in
      let who = try await context.operator(.administrator)
      let name = context.parameters.get("name") ?? ""
      let now = SystemClock.wall()
      try Self.check(try await context.act { try $0.store.removeOperator(name, by: who, now: now) }, name)
      return Response(status: .noContent)
    }
    router.get("/v1/admin/tokens") { _, context in
      _ = try await context.operator(.administrator)
      let tokens = try await context.ask { try $0.store.tokens() }
      return Self.json(IdentityText.tokens(tokens, json: true, now: SystemClock.wall()))
    }
    router.post("/v1/admin/operators/:name/tokens") { request, context in
      let who = try await context.operator(.administrator)
      let name = context.parameters.get("name") ?? ""
      let body: NewToken = try await Self.body(request, example: "{\"label\":\"shift report\",\"seconds\":7776000}")
      let made = try await context.act {
        try IdentityActs(store: $0.store, who: who).makeToken(
          of: name, label: body.label ?? "API", seconds: body.seconds)
      }
      return Self.json(IdentityText.token(made.token, made.record), status: .created)
    }
    router.delete("/v1/admin/tokens/:number") { _, context in
      let who = try await context.operator(.administrator)
      let number = try Self.number(context)
      let now = SystemClock.wall()
      let isDone = try await context.act { try $0.store.revokeToken(number, owner: nil, by: who, now: now) }
      guard isDone else { throw CentralHTTPError(.notFound, "unknown-token", "there is no good token \(number)") }
      return Response(status: .noContent)
    }
  }

  private func change(_ request: Request, _ context: CentralContext) async throws -> Response {
    let who = try await context.operator(.administrator)
    let name = context.parameters.get("name") ?? ""
    let body: ChangedOperator = try await Self.body(request, example: "{\"role\":\"operator\"}")
    let role = try body.role.map { try Self.role($0) }
    let now = SystemClock.wall()
    let change = try await context.act { means in
      // What may be refused comes first, so that nothing is done by halves.
      let hash = try body.password.map { try IdentityActs.hash($0) }
      var change = OperatorChange.done
      if let role { change = try means.store.setRole(role, of: name, by: who, now: now) }
      guard change == .done, let hash else { return change }
      return try means.store.setPassword(hash, of: name, by: who, now: now) ? .done : .unknownOperator
    }
    try Self.check(change, name)
    return Response(status: .noContent)
  }

  // MARK: Bodies

  private static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    .json(Array(text.utf8), status: status)
  }

  private static func body<Body: Decodable & Sendable>(_ request: Request, example: String) async throws -> Body {
    do {
      let bytes = try await request.body.collect(upTo: 4_096)
      return try JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView))
    } catch {
      throw CentralHTTPError.badRequest("the body is a JSON object of at most 4,096 bytes such as \(example)")
    }
  }

  private static func number(_ context: CentralContext) throws -> Int64 {
    guard let number = context.parameters.get("number").flatMap({ Int64($0) }) else {
      throw CentralHTTPError.badRequest("the path ends with a number")
    }
    return number
  }

  private static func role(_ text: String) throws -> OperatorRole {
    guard let role = OperatorRole(rawValue: text) else {
      throw CentralHTTPError.badRequest("'role' is viewer, operator or administrator")
    }
    return role
  }

  private static func check(_ change: OperatorChange, _ name: String) throws {
    switch change {
    case .done: break
    case .unknownOperator: throw CentralHTTPError(.notFound, "unknown-operator", "there is no operator '\(name)'")
    case .isLastAdministrator:
      throw CentralHTTPError(
        .conflict, "last-administrator",
        "'\(name)' is the last administrator: make another one first, or do it on the server with fieldgate-central")
    }
  }
}

extension CentralContext {
  /// As ``ask(_:)``; what the store refuses is the caller's mistake, and is told with its own words.
  func act<Result: Sendable>(
    _ body: @escaping @Sendable (IdentityDesk.Means) throws -> Result
  ) async throws -> Result {
    let result = try await ask { means in
      Swift.Result { try body(means) }.mapError { RefusedAct(error: $0) }
    }
    switch result {
    case .success(let value): return value
    case .failure(let refused):
      guard let error = refused.error as? IdentityStoreError else { throw refused.error }
      throw CentralHTTPError(.conflict, "refused", error.description)
    }
  }
}

private struct RefusedAct: Error { var error: any Error }
