import HTTPTypes
import JSONText
import NIOCore
import NIOHTTPTypes
import Synchronization

/// How slowly the body of a request may come.
///
/// A body has ``graceSeconds``, and a second more for every ``bytesPerSecond`` bytes that have arrived. So a gateway
/// on a cellular link with 1 kB/s finishes its three requests, however long they take, and a client that sends a byte now
/// and then does not keep its connection. It counts until the end of the body, also behind an answer that came before.
final class RequestPace: Sendable {
  /// Longer than a gateway waits for progress (30 s).
  static let graceSeconds: Int64 = 60
  /// A quarter of the least `rate-limit` that a gateway's configuration takes: it has three requests under way.
  static let bytesPerSecond: Int64 = 256

  /// Of all listeners.
  static let shared = RequestPace()

  private let count = Atomic(0)

  /// Requests that were too slow since the start.
  var refused: Int { count.load(ordering: .relaxed) }

  /// How long after its header a body of which so many bytes are there may be under way.
  static func allowed(bytes: Int) -> TimeAmount {
    .milliseconds(graceSeconds * 1_000 + Int64(bytes) * 1_000 / bytesPerSecond)
  }

  func refuse(_ client: String) {
    count.add(1, ordering: .relaxed)
    RefusalLog.shared.refused(client, "the body of a request came too slowly")
  }
}

/// One for each connection, behind what makes parts of requests out of bytes: ends a connection whose request comes too
/// slowly, and answers with 408 before, unless an answer has begun.
final class RequestPaceHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let pace: RequestPace
  private var began = NIODeadline.uptimeNanoseconds(0)
  private var received = 0
  private var timer: Scheduled<Void>?
  /// Requests whose answer has not ended.
  private var unanswered = 0
  private var isAnswering = false

  init(_ pace: RequestPace) { self.pace = pace }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      began = .now()
      received = 0
      unanswered += 1
      wait(context)
    case .body(let bytes): received += bytes.readableBytes
    case .end: stop()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head): isAnswering = head.status.kind != .informational
    case .body: break
    case .end:
      isAnswering = false
      unanswered -= 1
    }
    context.write(data, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { stop() }

  /// Until the time that what has arrived so far allows; by then more may have.
  private func wait(_ context: ChannelHandlerContext) {
    timer?.cancel()
    let deadline = began + RequestPace.allowed(bytes: received)
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
      timer = nil
      if began + RequestPace.allowed(bytes: received) > .now() { wait(context) } else { end(context) }
    }
  }

  private func stop() {
    timer?.cancel()
    timer = nil
  }

  private func end(_ context: ChannelHandlerContext) {
    pace.refuse("a client at \(context.channel.remoteAddress?.ipAddress ?? "an unknown address")")
    guard unanswered == 1, !isAnswering else { return context.close(promise: nil) }
    let text =
      "the request came too slowly: its body may take \(RequestPace.graceSeconds) s, and a second more for every "
      + "\(RequestPace.bytesPerSecond) bytes, and \(received) bytes have come"
    let body = JSONWriter.object { json in
      json.member("error", "busy")
      json.member("message", text)
    }
    let headers: HTTPFields = [
      .contentType: "application/json", .contentLength: String(body.count), .connection: "close",
    ]
    context.write(wrapOutboundOut(.head(HTTPResponse(status: .requestTimeout, headerFields: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }
}
