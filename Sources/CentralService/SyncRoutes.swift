import BatchCodec
import CentralCore
import HTTPTypes
import Hummingbird
import NIOCore
import SyncProtocol
import Telemetry
import Threads

/// The gateways' side: batches in, positions out (`docs/formats/sync.md`).
struct SyncRoutes {
  let ingest: IngestLoop
  let allowance: BodyAllowance

  func add(to router: Router<CentralContext>) {
    router.post("/v1/batches") { request, context in
      let gateway = try await context.gateway()
      return Self.response(try await receive(request, gateway: gateway))
    }
    router.get("/v1/positions/:epoch/:lane") { request, context in
      let gateway = try await context.gateway()
      guard let epoch = context.parameters.get("epoch").flatMap({ Epoch(text: $0) }),
        let lane = context.parameters.get("lane").flatMap({ Lane(name: $0) })
      else { throw CentralHTTPError.badRequest("the path is /v1/positions/EPOCH/LANE, LANE being alarms or telemetry") }
      let query = try QueryParameters(request, known: ["at"])
      let number = try query.number("at")
      return Self.response(await ingest.position(LaneKey(gateway: gateway, epoch: epoch, lane: lane), at: number))
    }
  }

  private func receive(_ request: Request, gateway: String) async throws -> IngestAnswer {
    let after = try QueryParameters(request, known: ["after"]).number("after").map { UInt32(truncatingIfNeeded: $0) }
    // Held until the answer is known: the submission has the bytes until then.
    let share = allowance.share()
    defer { withExtendedLifetime(share) {} }
    let bytes: [UInt8]
    switch try await body(of: request, share) {
    case .failure(let refusal): return refusal.answer
    case .success(let whole): bytes = whole
    }
    let read = SubmissionReader.read(bytes, gateway: gateway, identifier: ingest.identifier(), after: after)
    switch read {
    case .failure(let refusal): return refusal.answer
    case .success(let submission): return await ingest.submit(submission)
    }
  }

  private struct Refusal: Error { var answer: IngestAnswer }

  /// The length that a request announces is only a claim, so memory is taken as the bytes come.
  private func body(of request: Request, _ share: BodyAllowance.Share) async throws -> Result<[UInt8], Refusal> {
    var bytes: [UInt8] = []
    let began = SystemClock.monotonic()
    for try await chunk in request.body {
      guard bytes.count + chunk.readableBytes <= SyncProtocol.maximumRequestBytes else {
        let text = "a request may have \(SyncProtocol.maximumRequestBytes) bytes"
        return .failure(Refusal(answer: .init(status: 413, SyncAnswer(position: nil, error: .tooLarge, message: text))))
      }
      guard share.take(chunk.readableBytes) else { return .failure(Refusal(answer: IngestLoop.busy)) }
      bytes += chunk.readableBytesView
      let seconds = Int((SystemClock.monotonic() - began - BodyAllowance.grace).components.seconds)
      guard seconds <= 0 || bytes.count >= seconds * BodyAllowance.slowestBytesPerSecond else {
        throw CentralHTTPError(.requestTimeout, "too-slow", "the body comes too slowly")
      }
    }
    return .success(bytes)
  }

  private static func response(_ answer: IngestAnswer) -> Response {
    return .json(answer.json, status: .init(code: answer.status), retryAfter: answer.retryAfter)
  }
}
