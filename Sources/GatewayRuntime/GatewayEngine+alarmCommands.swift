import AlarmStates
import GatewayConfiguration
import GatewayCore
import JSONText
import Logging
import RuleEngine
import Telemetry

/// What people do with alarms: from the local API and the broker into the book, and back.
extension GatewayEngine {
  /// Carries out a command for one alarm, or for all that wait to be acknowledged.
  ///
  /// - Parameter name: nil: all; only acknowledging means something for all.
  func carryOut(
    _ action: AlarmCommand.Action, alarm name: String?, who: String, comment: String, now: MonotonicTime
  ) -> AlarmReply {
    let time = alarmTime(outside.clock.wall())
    tell(alarms.expire(now: now, time: time))
    var reply = AlarmReply(message: "", time: time)
    guard wasStoreOpen || !isStoreOpening else {
      reply.reason = "busy"
      reply.message =
        "the outbox is being opened, and alarms from before the start are not known yet; try again once it is open (see: "
        + "fieldgate outbox)"
      return reply
    }
    if name == nil, action != .acknowledge {
      reply.reason = "bad-command"
      reply.message = "only acknowledging can be done for all alarms at once; name one"
      return reply
    }
    let names = name.map { [$0] } ?? alarms.acknowledgeable
    guard !names.isEmpty else {
      reply.message = "no alarm waits to be acknowledged"
      return reply
    }
    var sentences: [String] = []
    for name in names {
      do throws(AlarmRefusal) {
        let command = AlarmCommand(alarm: name, action: action, who: who, comment: comment)
        let outcome = try alarms.perform(command, now: now, time: time)
        tell(outcome)
        reply.alarms.append((name, alarms[name]?.standing.state ?? .normal))
        if let event = outcome.events.first { sentences.append("\(name) \(Self.sentence(event))") }
      } catch {
        reply.reason = error.reason.rawValue
        sentences.append(error.description)
      }
    }
    reply.message = sentences.count > 3 ? "\(sentences.count) alarms acknowledged" : sentences.joined(separator: "; ")
    if alarms.hasShelved { nextShelfSave = min(nextShelfSave, now + EngineLimits.shelfInterval) }
    return reply
  }

  private static func sentence(_ event: AlarmEvent) -> String {
    event.transition == .commented ? "commented" : event.message
  }

  // MARK: The local API

  /// `{"request":"acknowledge","alarm":"boiler_too_hot","comment":"…"}`; `"all":true` instead of a name.
  func beginAlarmCommand(_ client: Int, _ request: String, _ object: JSONObject, now: MonotonicTime) {
    let isAll = object.flag("all") ?? false
    guard let name = object.text("alarm") ?? (isAll ? "" : nil), object.text("alarm") == nil || !isAll else {
      return refuse(client, "bad-request", "\(request) has an 'alarm', or \"all\":true")
    }
    let user = outside.viewers.user(of: client) ?? "local"
    let who = object.text("by").map { $0 == user ? user : "\($0) (\(user))" } ?? user
    if request == "normal" {
      let done = learn(name, who: who, comment: object.text("comment") ?? "", now: now)
      return reply(client, "alarm_reply") { done.write(to: &$0) }
    }
    do throws(JSONObject.Mistake) {
      let action: AlarmCommand.Action
      switch request {
      case "acknowledge": action = .acknowledge
      case "shelve": action = .shelve(try object.longDuration("for"))
      case "unshelve": action = .unshelve
      default: action = .comment
      }
      let done = carryOut(
        action, alarm: isAll ? nil : name, who: who, comment: object.text("comment") ?? "", now: now)
      reply(client, "alarm_reply") { done.write(to: &$0) }
    } catch {
      refuse(client, "bad-request", error.description)
    }
  }

  /// "This is normal": the detector of an anomaly learns what it found, and the alarm is acknowledged.
  private func learn(_ alarm: String, who: String, comment: String, now: MonotonicTime) -> AlarmReply {
    guard rules.learn(alarm, value: alarms[alarm]?.value) else {
      var reply = AlarmReply(message: "", time: alarmTime(outside.clock.wall()))
      reply.reason = "bad-command"
      reply.message =
        rules.rules.contains { $0.name == alarm }
        ? "\(alarm) is no anomaly, or found nothing yet; only an anomaly learns what is normal"
        : "there is no rule \(alarm); see: fieldgate alarms --all"
      return reply
    }
    let text = comment.isEmpty ? "this is normal" : "this is normal: \(comment)"
    let action: AlarmCommand.Action = alarms.acknowledgeable.contains(alarm) ? .acknowledge : .comment
    var reply = carryOut(action, alarm: alarm, who: who, comment: text, now: now)
    if reply.reason == nil { reply.message = "\(alarm): learned; it clears with the next usual value" }
    return reply
  }

  /// Events since the start, oldest first, and then the end mark.
  func showAlarmHistory(_ client: Int, _ object: JSONObject) {
    let since: Timestamp
    do throws(JSONObject.Mistake) {
      let last = try object.longDuration("last").map {
        Timestamp(milliseconds: outside.clock.wall().milliseconds - $0.wholeMilliseconds)
      }
      since = try object.time("since") ?? last ?? Timestamp(milliseconds: .min)
    } catch {
      return refuse(client, "bad-request", error.description)
    }
    let name = object.text("alarm")
    for event in alarmHistory.inOrder where event.time >= since && (name == nil || event.alarm == name) {
      reply(client, "alarm") { json in
        json.member("alarm", event.alarm)
        event.write(to: &json)
      }
    }
    reply(client, "end") { _ in }
  }

  // MARK: The broker

  /// A message on the command topic of an alarm, or of all (nil).
  func received(alarmCommand message: BrokerMessage, alarm name: String?, now: MonotonicTime) {
    let topic = message.responseTopic ?? "\(message.topic)/reply"
    let done = answer(message, alarm: name, now: now)
    if let reason = done.reason {
      warn("a command for \(name ?? "all alarms") was refused (\(reason)): \(done.message)", about: "alarms", now: now)
    }
    let payload = JSONWriter.object { json in
      json.member("alarm", ifPresent: name)
      done.write(to: &json)
    }
    let outcome = outside.broker?.publish(
      OutgoingMessage(
        topic: topic, payload: payload, qualityOfService: .atLeastOnce, correlationData: message.correlationData))
    if let outcome { counters.messages[outcome, default: 0] += 1 }
  }

  private func answer(_ message: BrokerMessage, alarm name: String?, now: MonotonicTime) -> AlarmReply {
    func bad(_ text: String) -> AlarmReply {
      AlarmReply(reason: "bad-command", message: text, time: outside.clock.wall())
    }
    // It would be carried out at each start, on whatever is raised by then.
    guard !message.isRetained else { return bad("a retained message is no command; publish it without the flag") }
    guard let object = JSONObject(message.payload) else {
      return bad("a command for an alarm is a JSON object: {\"acknowledge\": true, \"by\": \"anna\"}")
    }
    do throws(JSONObject.Mistake) {
      let order = try AlarmOrder(object)
      let key = (order.id ?? Self.identity(message.correlationData)).map { AlarmReplies.Key(alarm: name, id: $0) }
      if let key, var known = alarmReplies[key] {
        known.isDuplicate = true
        return known
      }
      let who = order.by.map { "\($0) (mqtt)" } ?? "mqtt"
      var done = carryOut(order.action, alarm: name, who: who, comment: order.comment, now: now)
      done.id = order.id
      if let key, done.reason == nil { alarmReplies.remember(done, key) }
      return done
    } catch {
      return bad(error.description)
    }
  }

  private static func identity(_ data: [UInt8]?) -> String? {
    guard let data, (1...32).contains(data.count) else { return nil }
    return data.map { String($0, radix: 16) }.joined(separator: ".")
  }
}
