import GatewayConfiguration
import GatewayCore
import JSONText
import Telemetry

/// What the technician asks devices through the local API: writes, raw reads, probes.
extension GatewayEngine {
  /// `{"request":"write","device":"boiler","values":{"pump":true},"ttl":"10s"}`
  func beginWrite(_ client: Int, _ object: JSONObject, now: MonotonicTime) {
    let ticket = commands.nextNumber()
    commands.routes[ticket] = .client(client)
    let device = object.text("device") ?? ""
    do throws(JSONObject.Mistake) {
      guard object.has("values") else { throw JSONObject.Mistake(description: "a write has 'device' and 'values'") }
      let user = outside.viewers.user(of: client).map { "local user \($0)" } ?? "local"
      take(try CommandMessage.read(object, device: device, source: user), ticket: ticket, now: now)
    } catch {
      refuse(ticket, id: CommandMessage.id(object), device, error.description, now: now)
    }
  }

  /// `{"request":"read","bus":"rs485","unit":3,"table":"holding","address":100,"count":2}`
  func beginRead(_ client: Int, _ object: JSONObject, now: MonotonicTime) {
    let tables: [String: RegisterTable] = [
      "coil": .coil, "discrete": .discreteInput, "holding": .holdingRegister, "input": .inputRegister,
    ]
    guard let table = object.text("table").flatMap({ tables[$0] }), let unit = unit(object),
      let address = object.number("address").flatMap({ UInt16(exactly: $0) }),
      let count = object.number("count").flatMap({ Int(exactly: $0) }), (1...table.maximumReadCount).contains(count),
      Int(address) + count <= 65_536
    else { return refuse(client, "bad-request", "a read has bus, unit, table (coil …), address and count") }
    let request = ReadRequest(unit: unit, table: table, address: address, count: count)
    ask(client, object, "read", .read(request), wait: CommandLimits.defaultTimeToLive, now: now)
  }

  /// `{"request":"probe","bus":"rs485","unit":3,"bytes":[43,14,1,0],"timeout_ms":150,"wait_ms":20000}`
  func beginProbe(_ client: Int, _ object: JSONObject, now: MonotonicTime) {
    guard let unit = unit(object), let bytes = object.bytes("bytes"),
      let timeout = object.number("timeout_ms"), (10...60_000).contains(timeout),
      let wait = object.number("wait_ms"), (10...600_000).contains(wait),
      let request = RawRequest(unit: unit, bytes: bytes)
    else {
      let known = RawRequest.allowedFunctions.sorted().map(String.init).joined(separator: ", ")
      return refuse(
        client, "bad-request", "a probe has bus, unit, bytes (of the functions \(known)), timeout_ms and wait_ms")
    }
    ask(
      client, object, "probe", .probe(request, timeout: .milliseconds(Int64(timeout))),
      wait: .milliseconds(Int64(wait)), now: now)
  }

  private func unit(_ object: JSONObject) -> UInt8? { object.number("unit").flatMap { UInt8(exactly: $0) } }

  private func ask(
    _ client: Int, _ object: JSONObject, _ request: String, _ work: BusJob.Work, wait: Duration, now: MonotonicTime
  ) {
    let name = object.text("bus") ?? ""
    guard let bus = buses.first(where: { $0.name == name }) else {
      let names = buses.map(\.name)
      let hint = EditDistance.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
      return refuse(
        client, "unknown-bus", "there is no bus '\(name)'; \(hint ?? "known: \(names.joined(separator: ", "))")")
    }
    if case .serialLines? = settings.buses.first(where: { $0.name == name })?.kind {
      return refuse(
        client, "bad-request",
        "bus '\(name)' has sensors that speak no Modbus, so no registers and no units; see: fieldgate serial watch --help"
      )
    }
    if settings.buses.first(where: { $0.name == name })?.kind == .computed {
      return refuse(
        client, "bad-request", "bus '\(name)' is that of computed devices: it has no line, so there is nothing to ask")
    }
    guard commands.questions.count < CommandDesk.maximumQuestions else {
      return refuse(client, "busy", "\(CommandDesk.maximumQuestions) questions are under way; ask again later")
    }
    let number = commands.nextNumber()
    commands.questions[number] = CommandDesk.Question(client: client, request: request)
    submit(BusJob(number: number, work: work, deadline: now + wait), bus: bus.index, now: now)
  }

  func answer(_ question: CommandDesk.Question, _ outcome: BusJobResult.Outcome) {
    reply(question.client, question.request) { json in
      func fail(_ reason: String, _ message: String) {
        json.object("failure") { json in
          json.member("reason", reason)
          json.member("message", message)
        }
      }
      switch outcome {
      case .read(let entries): json.array("entries") { json in for entry in entries { json.integer(entry) } }
      case .reply(let bytes): json.array("bytes") { json in for byte in bytes { json.integer(byte) } }
      case .failed(let error): fail(error.reason.name, error.detail)
      case .expired(nil): fail("no-gap", "the bus had no time for it")
      case .expired(let fault?): fail(fault.reason.name, fault.detail)
      case .queueFull: fail("queue-full", "too many commands wait for this bus")
      case .write: fail("malformed reply", "the bus answered something else")
      }
    }
  }

  /// What is known of one tag, for whoever wants to write it.
  func describe(_ client: Int, _ object: JSONObject) {
    let name = object.text("tag") ?? ""
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, let device = settings.devices.firstIndex(where: { $0.name == parts[0] }),
      let place = settings.devices[device].tags.firstIndex(where: { $0.definition.name == parts[1] })
    else {
      let all = settings.devices.flatMap { device in device.tags.map { "\(device.name)/\($0.definition.name)" } }
      let hint =
        EditDistance.nearest(to: name, among: all).map { "; did you mean '\($0)'?" } ?? "; see: fieldgate values"
      return refuse(client, "unknown-tag", "there is no tag '\(name)'\(hint)")
    }
    let tag = settings.devices[device].tags[place]
    reply(client, "tag") { json in
      json.member("tag", name)
      json.member("type", tag.definition.type.name)
      json.member("unit", tag.definition.unit)
      json.member("writable", tag.write != nil)
      json.member("minimum", ifPresent: tag.write?.minimum?.doubleValue)
      json.member("maximum", ifPresent: tag.write?.maximum?.doubleValue)
      json.member("step", ifPresent: tag.write?.step?.doubleValue)
      json.array("names") { json in for name in tag.definition.names { json.string(name.name) } }
      guard let scan = latest[device], scan.readings.indices.contains(place) else { return }
      json.key("value")
      ScanMessage.write(scan.readings[place], tag.definition, to: &json)
      json.member("quality", scan.readings[place].quality.description)
      json.member("time", scan.time.iso8601)
    }
  }
}
