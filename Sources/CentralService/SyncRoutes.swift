import BatchCodec
import CentralCore
import HTTPTypes
import Hummingbird
import NIOCore
import SyncProtocol
import Telemetry

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
    var body: [UInt8] = []
    var claimed = 0
    defer { allowance.giveBack(claimed, of: gateway) }
    for try await chunk in request.body {
      let length = body.count + chunk.readableBytes
      guard length <= SyncProtocol.maximumRequestBytes else {
        let text = "a request may have \(SyncProtocol.maximumRequestBytes) bytes"
        return IngestAnswer(status: 413, SyncAnswer(position: nil, error: .tooLarge, message: text))
      }
      let capacity = BodyAllowance.capacity(for: length)
      if capacity > claimed {
        guard allowance.claim(capacity - claimed, for: gateway) else { return Self.full }
        claimed = capacity
        body.reserveCapacity(capacity)
      }
      body.append(contentsOf: chunk.readableBytesView)
    }
    let read = SubmissionReader.read(body, gateway: gateway, identifier: ingest.identifier(), after: after)
    // The batches are copies; while they wait, the claim stands for them.
    body = []
    switch read {
    case .failure(let refusal): return refusal.answer
    case .success(let submission):
      let unpacked = min(submission.unpackedBytes, SubmissionReader.maximumUnpackedBytes)
      guard allowance.claim(unpacked, for: gateway) else { return Self.full }
      claimed += unpacked
      return await ingest.submit(submission)
    }
  }

  private static let full = IngestAnswer(
    status: 503,
    SyncAnswer(
      position: nil, error: .busy, message: "too many requests are under way at central; try again in a moment"),
    retryAfter: 5)

  private static func response(_ answer: IngestAnswer) -> Response {
    return .json(answer.json, status: .init(code: answer.status), retryAfter: answer.retryAfter)
  }
}
