import GatewayConfiguration
import GatewayCore
import JSONText
import Logging
import Telemetry

/// Commands: in from the broker and the local API, on to the buses, and back.
extension GatewayEngine {
  /// A message on the command topic of a device.
  func received(command message: BrokerMessage, device: String, now: MonotonicTime) {
    let topic = message.responseTopic ?? "\(message.topic)/reply"
    let ticket = commands.nextNumber()
    commands.routes[ticket] = .broker(topic: topic, correlationData: message.correlationData)
    var command = WriteCommand(device: device, items: [], source: "mqtt", isRetained: message.isRetained)
    do throws(JSONObject.Mistake) {
      // Whatever stands in a retained message, it is no command; most likely its sender set the flag by mistake.
      if !message.isRetained {
        guard let object = JSONObject(message.payload) else {
          throw JSONObject.Mistake(description: "a command is a JSON object of tags and values: {\"pump\": true}")
        }
        command = try CommandMessage.read(object, device: device, source: "mqtt")
      }
    } catch {
      let id = CommandMessage.id(JSONObject(message.payload))
      return refuse(ticket, id: id, device, error.description, now: now)
    }
    if command.id == nil, let data = message.correlationData, (1...32).contains(data.count) {
      command.id = data.map { Self.hexadecimal($0) }.joined()
    }
    if let expiry = message.expiry {
      command.timeToLive = min(command.timeToLive ?? CommandLimits.defaultTimeToLive, expiry)
    }
    take(command, ticket: ticket, now: now)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0\(text)" : text
  }

  func refuse(_ ticket: Int, id: String?, _ device: String, _ message: String, now: MonotonicTime) {
    act([.reply(.refused(ticket: ticket, id: id, device: device, .badCommand, message))], now: now)
  }

  func take(_ command: WriteCommand, ticket: Int, now: MonotonicTime) {
    let effects = commands.machine.receive(
      command, ticket: ticket, number: commands.nextNumber(), exponents: exponents(of: command.device), now: now,
      wall: outside.clock.wall(), isClockTrusted: clockTrust.isTrusted)
    act(effects, now: now)
  }

  /// The powers of ten of a device that its last scan read good and that are not stale.
  private func exponents(of name: String) -> [String: Int64] {
    guard let index = settings.devices.firstIndex(where: { $0.name == name }), let scan = latest[index] else {
      return [:]
    }
    var exponents: [String: Int64] = [:]
    for factor in Set(settings.devices[index].tags.compactMap(\.treatment.scaleFactor)) {
      guard let place = settings.devices[index].tags.firstIndex(where: { $0.definition.name == factor }),
        scan.readings.indices.contains(place), scan.readings[place].quality == .good
      else { continue }
      exponents[factor] = scan.readings[place].bits
    }
    return exponents
  }

  /// A job of a bus is over.
  func jobFinished(_ result: BusJobResult, now: MonotonicTime) {
    if let question = commands.questions.removeValue(forKey: result.number) {
      return answer(question, result.outcome)
    }
    act(commands.machine.finished(result, number: commands.nextNumber(), now: now), now: now)
  }

  func expireCommands(now: MonotonicTime) {
    guard commands.machine.deadline <= now else { return }
    act(commands.machine.expire(now: now), now: now)
  }

  private func act(_ effects: [CommandEffect], now: MonotonicTime) {
    for effect in effects {
      switch effect {
      case .submit(let job, let bus): submit(job, bus: bus, now: now)
      case .reply(let reply): send(reply, now: now)
      case .record(let record): keep(record, now: now)
      }
    }
  }

  func submit(_ job: BusJob, bus index: Int, now: MonotonicTime) {
    guard let bus = buses.first(where: { $0.index == index }), bus.submit(job) else {
      return jobFinished(BusJobResult(number: job.number, outcome: .queueFull), now: now)
    }
  }

  private func send(_ reply: CommandReply, now: MonotonicTime) {
    if reply.outcome != .done, reply.values.isEmpty, !reply.isDuplicate {
      warn("a command for \(reply.device) was \(reply.outcome.rawValue): \(reply.message)", about: "commands", now: now)
    }
    switch commands.routes.removeValue(forKey: reply.ticket) {
    case nil: break
    case .rule(let alarm): finishRuleWrite(reply, alarm: alarm, now: now)
    case .client(let client):
      outside.viewers.send(
        JSONWriter.object { json in
          json.object("reply") { CommandMessage.write(reply, time: outside.clock.wall(), to: &$0) }
        }, to: client)
    case .broker(let topic, let data):
      let payload = JSONWriter.object { CommandMessage.write(reply, time: outside.clock.wall(), to: &$0) }
      let outcome = outside.broker?.publish(
        OutgoingMessage(topic: topic, payload: payload, qualityOfService: .atLeastOnce, correlationData: data))
      if let outcome { counters.messages[outcome, default: 0] += 1 }
    }
  }

  private func keep(_ record: CommandRecord, now: MonotonicTime) {
    let event = AlarmEvent(
      time: outside.clock.wall(), alarm: AlarmEvent.writes, tag: "\(record.device)/\(record.value.tag)",
      transition: .written, severity: .low, value: record.number, message: record.sentence)
    log.notice("write \(event.tag): \(event.message)")
    showTails(admit(event))
  }
}
