import JSONText

/// Writing one tag.
extension GatewayClient {
  /// Shows the old value, asks, writes, and prints the outcome.
  ///
  /// - Parameters:
  ///   - name: `DEVICE/TAG`.
  ///   - confirm: gets the question; false leaves everything as it is. Nil: nobody is asked.
  /// - Returns: true when the device holds the value now.
  public func write(
    _ name: String, _ value: String, timeToLive: String?, user: String?, confirm: ((String) -> Bool)?
  ) throws -> Bool {
    let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw Failure(description: "'\(name)' is no DEVICE/TAG") }
    // A tag that does not exist is the write's to refuse, unless somebody is asked before.
    let known = confirm == nil ? try? describe(name) : try describe(name)
    if let confirm, let tag = known {
      guard tag.writable else {
        throw Failure(
          description:
            "\(name) is not writable; the configuration can make it so ('fieldgate check' says if it cannot be)")
      }
      let unit = tag.unit.isEmpty ? "" : " \(tag.unit)"
      let now = tag.value.map { "\($0.text)\(unit), \(tag.quality ?? "?")" } ?? "not read yet"
      guard confirm("\(name) is \(now). Write \(value)\(unit)?") else {
        // A program that forgot --yes gets no text among its JSON.
        guard !printsJSON else { throw Failure(description: "nothing was written; --yes writes without asking") }
        output("nothing was written")
        return false
      }
    }
    try send("write") { json in
      json.member("device", parts[0])
      json.object("values") { json in
        json.key(parts[1])
        Self.write(value, to: known, &json)
      }
      json.member("ttl", ifPresent: timeToLive)
      json.member("by", ifPresent: user)
    }
    // The longest time to live, and then reading back.
    let (line, text) = try answer(timeout: .seconds(330))
    guard let reply = line.reply else { throw Failure(description: "the daemon answered something else") }
    if printsJSON { output(text) } else { show(reply, name, parts[1]) }
    return reply.outcome == "done"
  }

  private func describe(_ name: String) throws -> TagAnswer {
    try send("tag") { $0.member("tag", name) }
    guard let tag = try answer().line.tag else { throw Failure(description: "the daemon answered something else") }
    return tag
  }

  /// Of a bool `on` and `off`, as people say them; numbers as numbers, and the rest as text: a name, or a string.
  /// A name goes before what it would otherwise be: some tags call a value `10` or `on`.
  private static func write(_ value: String, to tag: TagAnswer?, _ json: inout JSONWriter) {
    if tag?.names?.contains(value) == true { return json.string(value) }
    switch (tag?.type ?? "", value) {
    case ("bool", "true"), ("bool", "on"): json.bool(true)
    case ("bool", "false"), ("bool", "off"): json.bool(false)
    case ("text", _): json.string(value)
    default:
      // Whole numbers above 2^53 would lose their last digits as doubles.
      if let integer = Int64(value) {
        json.integer(integer)
      } else if let number = Double(value), number.isFinite {
        json.double(number)
      } else {
        json.string(value)
      }
    }
  }

  private func show(_ reply: WriteAnswer, _ name: String, _ tag: String) {
    let value = reply.values?[tag]
    var text = "\(name): \(reply.outcome)"
    if let reason = reply.reason { text += " (\(reason))" }
    if let old = value?.old, case .none = old {} else if let old = value?.old { text += ", was \(old.text)" }
    if let new = value?.value, case .none = new {} else if let new = value?.value { text += ", is \(new.text)" }
    output("\(text); \(value?.message ?? reply.message)")
  }
}
