import Telemetry

/// From what a command says to what is sent.
extension CommandTag {
  /// Why a command with this value would be refused whatever the device says, in one sentence; nil when it would not.
  ///
  /// What depends on a power of ten that the device holds is left to the moment of the write.
  ///
  /// - Parameter device: its name, for the sentence.
  public func objection(to value: CommandValue, device: String) -> String? {
    do throws(CommandProblem) {
      _ = try entry(0, value, device: device)
      return nil
    } catch {
      return error.refusal == .scaleFactor ? nil : error.message
    }
  }

  /// - Parameter device: its name, for messages.
  func entry(_ item: Int, _ value: CommandValue, device: String) throws(CommandProblem) -> WritePlan.Entry {
    let title = "\(device)/\(name)"
    guard let limits else {
      throw CommandProblem(
        .notWritable, "\(title) is not writable; 'fieldgate check' tells whether its configuration can say so")
    }
    guard let point = point?.written else {
      throw CommandProblem(.notWritable, "\(title) cannot be written without changing what is beside it")
    }
    do {
      if point.type == .string {
        return WritePlan.Entry(item: item, point: point, words: try words(of: value, point, title))
      }
      let raw = try raw(value, point, limits, title)
      // Of a point of some bits the others are 0 here; the mask of the write keeps them as they are.
      let none = [UInt16](repeating: 0, count: point.entryCount)
      return WritePlan.Entry(item: item, point: point, words: try RegisterEncoder.encode(raw, as: point, over: none))
    } catch let error as CommandProblem {
      throw error
    } catch {
      throw CommandProblem(.wrongType, "\(title): \(error)")
    }
  }

  private func words(of value: CommandValue, _ point: RegisterPoint, _ title: String) throws -> [UInt16] {
    guard case .text(let text) = value else {
      throw CommandProblem(.wrongType, "\(title) takes a text, not \(value)")
    }
    let words = try RegisterEncoder.encode(text: text, as: point)
    // What no read would give back: a value that is shown as bad ever after.
    guard RegisterDecoder.text(words, at: 0, as: point) != nil else {
      throw CommandProblem(.wrongType, "\(title) takes no control characters")
    }
    return words
  }

  private func raw(
    _ value: CommandValue, _ point: RegisterPoint, _ limits: WriteLimits, _ title: String
  ) throws(CommandProblem) -> Value {
    let isFlag = point.type == .bool || point.table.isBits
    switch value {
    case .flag(let flag):
      guard isFlag else { throw CommandProblem(.wrongType, "\(title) takes \(taken(isFlag)), not \(flag)") }
      return .boolean(flag)
    case .text(let text):
      let raw = try named(text, point, isFlag, title)
      if !isFlag, let number = engineering(raw) { try check(number, limits, title) }
      return raw
    case .number(let number):
      guard isFlag else {
        try check(number, limits, title)
        return try unscaled(number, point, title)
      }
      guard number == 0 || number == 1 else {
        throw CommandProblem(.wrongType, "\(title) takes true, false, 1 or 0, not \(value)")
      }
      return .boolean(number == 1)
    }
  }

  private func check(_ number: Double, _ limits: WriteLimits, _ title: String) throws(CommandProblem) {
    if let objection = limits.objection(to: number) { throw CommandProblem(.outOfLimits, "\(title): \(objection)") }
  }

  private func taken(_ isFlag: Bool) -> String {
    (isFlag ? "true or false" : "a number") + (names.isEmpty ? "" : " or a name")
  }

  /// The raw value of a name.
  private func named(
    _ text: String, _ point: RegisterPoint, _ isFlag: Bool, _ title: String
  ) throws(CommandProblem) -> Value {
    let matches = names.filter { $0.name == text }
    guard matches.count < 2 else {
      let numbers = matches.map { "\($0.value)" }.joined(separator: " and ")
      throw CommandProblem(.wrongType, "\(title) calls \(numbers) '\(text)'; write the number")
    }
    if let match = matches.first { return Self.raw(match, point) }
    guard !names.isEmpty else {
      throw CommandProblem(.wrongType, "\(title) takes \(taken(isFlag)), not '\(text)'")
    }
    throw CommandProblem(
      .wrongType, "\(title) has no value named '\(text)'\(CommandChecks.hint(text, names.map(\.name)))")
  }

  private func unscaled(_ number: Double, _ point: RegisterPoint, _ title: String) throws(CommandProblem) -> Value {
    do {
      guard let scaleFactor else { return try scaling.raw(for: number, as: point.type.valueType) }
      guard let power else {
        throw CommandProblem(
          .scaleFactor, "\(title) is scaled by '\(scaleFactor)', which is not known now; wait for its next good reading"
        )
      }
      guard case .float64(let value) = try scaling.raw(for: number, as: .float64), let raw = power.raw(for: value)
      else {
        let (asked, step) = (CommandValue.number(number), CommandValue.number(engineering(.integer(1)) ?? 1))
        throw CommandProblem(
          .outOfLimits, "\(title) cannot be \(asked): the device counts it in steps of \(step) now")
      }
      return .integer(raw)
    } catch let problem as CommandProblem {
      throw problem
    } catch {
      throw CommandProblem(.outOfLimits, "\(title) cannot be \(CommandValue.number(number)): \(error)")
    }
  }
}
