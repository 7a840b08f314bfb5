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
    let buffer: ByteBuffer
    do {
      buffer = try await request.body.collect(upTo: SyncProtocol.maximumRequestBytes)
    } catch is NIOTooManyBytesError {
      let text = "a request may have \(SyncProtocol.maximumRequestBytes) bytes"
      return IngestAnswer(status: 413, SyncAnswer(position: nil, error: .tooLarge, message: text))
    }
    let read = SubmissionReader.read(
      Array(buffer.readableBytesView), gateway: gateway, identifier: ingest.identifier(), after: after)
    switch read {
    case .failure(let refusal): return refusal.answer
    case .success(let submission): return await ingest.submit(submission)
    }
  }

  private static func response(_ answer: IngestAnswer) -> Response {
    return .json(answer.json, status: .init(code: answer.status), retryAfter: answer.retryAfter)
  }
}
