import NIOCore

/// Ends connections that do not get on with a request: the first must be there soon after connecting, handshake included,
/// each further one before the connection counts as idle, however many single bytes of it have come.
///
/// Bodies have a pace of their own (``RequestPace``).
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias OutboundIn = NIOAny

  static let firstRequest = TimeAmount.seconds(30)

  private var deadline: Scheduled<Void>?

  func handlerAdded(context: ChannelHandlerContext) { begin(Self.firstRequest, context.channel) }
  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  /// A decoded head, or a part of a body.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    deadline?.cancel()
    deadline = nil
    context.fireChannelRead(data)
  }

  /// A part of an answer, after which the next request may come.
  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    begin(.seconds(ServeSettings.idleSeconds), context.channel)
    context.write(data, promise: promise)
  }

  private func begin(_ time: TimeAmount, _ channel: any Channel) {
    deadline?.cancel()
    deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
  }
}
