import GatewayCore
import JSONText
import Telemetry

/// What lies in the outbox, for people who look into it.
extension GatewayEngine {
  /// `{"request":"stored","after":"1-42-0-0-0","from":"2026-05-01T10:00:00Z","to":"2026-05-01T11:00:00Z"}`
  ///
  /// A part of a batch a request, so that no client holds up the engine; whoever asks decodes it.
  func showStored(_ client: Int, _ object: JSONObject) {
    let range: Range<Timestamp>
    let position: StoredTelemetryPosition
    do throws(JSONObject.Mistake) {
      let from = try object.time("from") ?? Timestamp(milliseconds: .min)
      let until = try object.time("to") ?? Timestamp(milliseconds: .max)
      let after = object.has("after") ? object.text("after").flatMap { .init(text: $0) } : StoredTelemetryPosition()
      guard from <= until, let after else {
        throw JSONObject.Mistake(description: "'after' is what 'next' was, and 'from' is not after 'to'")
      }
      (range, position) = (from..<until, after)
    } catch {
      return refuse(client, "bad-request", error.description)
    }
    guard isStoreOpen else { return refuse(client, "busy", "the outbox is not open; see: fieldgate outbox") }
    do throws(OutboxStoreError) {
      let part = try outside.store.telemetry(after: position, in: range, maximumBytes: EngineLimits.storedPartBytes)
      guard let part else {
        return reply(client, "end") { json in
          json.member("frames_without_clock", stored.frames[.telemetry]?.waitingForClock ?? 0)
        }
      }
      reply(client, "stored") { json in
        json.member("bytes", base64: part.bytes)
        json.member("last", part.isLast)
        json.member("cut", part.isCut)
        json.member("next", part.next.text)
      }
    } catch {
      refuse(client, "storage", error.description)
    }
  }
}
