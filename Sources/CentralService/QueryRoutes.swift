import CentralCore
import HTTPTypes
import Hummingbird
import JSONText
import Telemetry
import Threads

/// The operators' side: what central has, as JSON or CSV (`docs/central.md`).
struct QueryRoutes {
  static let defaultLimit = 10_000
  static let maximumLimit = 1_000_000
  /// Seconds after which a newest value is stale: a gateway that is cut off sends hourly by default once it is back.
  static let staleAfter: UInt64 = 3_600

  let queries: QueryThreads

  func add(to router: Router<CentralContext>) {
    router.get("/v1/gateways") { _, context in
      _ = try await context.operator(.viewer)
      let found = try await run { try $0.gateways() }
      return Response.json(QueryAnswers.gateways(found, now: SystemClock.wall()))
    }
    router.get("/v1/gateways/:gateway/tags") { _, context in
      let found = try await latest(context)
      return Response.json(QueryAnswers.tags(found))
    }
    router.get("/v1/gateways/:gateway/latest") { request, context in
      let found = try await latest(context)
      let seconds = try QueryParameters(request, known: ["stale-after"]).number("stale-after") ?? Self.staleAfter
      return Response.json(
        QueryAnswers.latest(
          found, now: SystemClock.wall(), staleAfter: .seconds(min(seconds, 1 << 31))))
    }
    router.get("/v1/gateways/:gateway/samples") { request, context in try await samples(request, context) }
    router.get("/v1/gateways/:gateway/alarms") { request, context in
      let gateway = try gateway(context)
      return try await alarms(request, context, gateway: gateway)
    }
    router.get("/v1/alarms") { request, context in try await alarms(request, context, gateway: nil) }
    router.get("/v1/gateways/:gateway/losses") { request, context in
      let gateway = try gateway(context)
      return try await losses(request, context, gateway: gateway)
    }
    router.get("/v1/losses") { request, context in try await losses(request, context, gateway: nil) }
  }

  private func run<Result: Sendable>(
    _ query: @escaping @Sendable (any CentralQueries) throws -> Result
  ) async throws -> Result {
    do {
      return try await queries.run(query)
    } catch is QueryThreads.Busy {
      throw CentralHTTPError(.serviceUnavailable, "busy", "too many queries wait; try again", retryAfter: 1)
    } catch let error as CentralStoreError {
      throw CentralHTTPError(.internalServerError, "storage", error.description)
    }
  }

  private func gateway(_ context: CentralContext) throws -> String {
    guard let name = context.parameters.get("gateway") else { throw CentralHTTPError.badRequest("no gateway is named") }
    return name
  }

  private func unknown(_ gateway: String) -> CentralHTTPError {
    CentralHTTPError(
      .notFound, "unknown-gateway", "no gateway '\(gateway)' has ever sent anything; see GET /v1/gateways")
  }

  private func latest(_ context: CentralContext) async throws -> [LatestValue] {
    _ = try await context.operator(.viewer)
    let gateway = try gateway(context)
    guard let found = try await run({ try $0.latest(gateway: gateway) }) else { throw unknown(gateway) }
    return found
  }

  private func samples(_ request: Request, _ context: CentralContext) async throws -> Response {
    _ = try await context.operator(.viewer)
    let gateway = try gateway(context)
    let query = try QueryParameters(request, known: ["tag", "from", "to", "limit", "format"])
    let name = try query.required("tag", example: "boiler/supply_temp")
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw CentralHTTPError.badRequest("'tag' is DEVICE/TAG, not '\(name)'") }
    let now = SystemClock.wall()
    let range = try query.range(now: now)
    let limit = try query.limit(default: Self.defaultLimit, maximum: Self.maximumLimit)
    let format = try query.choice("format", ["json", "csv"])
    // One more than asked for tells whether there is more.
    let found = try await run {
      try $0.samples(
        gateway: gateway, device: parts[0], tag: parts[1], from: range.lowerBound, until: range.upperBound,
        limit: limit + 1)
    }
    guard let found else {
      throw CentralHTTPError(
        .notFound, "unknown-tag", "gateway '\(gateway)' has no tag '\(name)'; see GET /v1/gateways/\(gateway)/tags")
    }
    let next = found.count > limit ? found[limit].time : nil
    let page = Array(found.prefix(limit))
    guard format == "csv" else { return Response.json(QueryAnswers.samples(page, tag: name, next: next)) }
    var response = Response.bytes(QueryAnswers.csv(page), type: "text/csv; charset=utf-8")
    if let next, let header = HTTPField.Name("X-Next-From") { response.headers[header] = next.iso8601 }
    return response
  }

  private func losses(_ request: Request, _ context: CentralContext, gateway: String?) async throws -> Response {
    _ = try await context.operator(.viewer)
    let limit = try QueryParameters(request, known: ["limit"]).limit(default: 1_000, maximum: 100_000)
    return Response.json(QueryAnswers.losses(try await run { try $0.losses(gateway: gateway, limit: limit) }))
  }

  private func alarms(_ request: Request, _ context: CentralContext, gateway: String?) async throws -> Response {
    _ = try await context.operator(.viewer)
    let query = try QueryParameters(request, known: ["from", "to", "limit"])
    let range = try query.range(now: SystemClock.wall(), defaultSpan: .seconds(7 * 86_400))
    let limit = try query.limit(default: 1_000, maximum: 100_000)
    let (states, events) = try await run {
      (
        try $0.alarmStates(gateway: gateway),
        try $0.alarmEvents(gateway: gateway, from: range.lowerBound, until: range.upperBound, limit: limit)
      )
    }
    return Response.json(QueryAnswers.alarms(states: states, events: events))
  }
}
