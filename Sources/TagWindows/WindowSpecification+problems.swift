import Telemetry

extension WindowSpecification {
  /// All that is wrong; empty when the window can be made.
  func problems() -> [WindowProblem] {
    var list: [WindowProblem] = []
    checkShape(&list)
    checkFunction(&list)
    checkTimes(&list)
    if !(0...1).contains(minimumCoverage) {
      list.append(WindowProblem(key: "minimum-coverage", text: "\(minimumCoverage) is no part; it is 0 to 1"))
    }
    if let only, !only.bound.isFinite {
      list.append(WindowProblem(key: "only", text: "\(only.bound) is no number that values can be compared with"))
    }
    checkPoints(&list)
    return list
  }

  private func checkShape(_ list: inout [WindowProblem]) {
    switch shape {
    case .tumbling(let length), .sliding(let length):
      check("length", length, Self.minimumLength...Self.maximumLength, &list)
    case .hopping(let length, let every):
      let before = list.count
      check("length", length, Self.minimumLength...Self.maximumLength, &list)
      guard list.count == before else { return }
      if every > length {
        list.append(
          WindowProblem(
            key: "every",
            text: "\(Self.text(every)) is longer than the window (\(Self.text(length))): samples between the windows "
              + "would be lost"))
        return
      }
      check("every", every, Self.minimumLength...length, &list)
    case .session(let timeout, let longest):
      check("timeout", timeout, Self.minimumLength...Self.maximumLength, &list)
      check("longest", longest, Self.minimumLength...Self.maximumLength, &list)
      if longest < timeout {
        list.append(
          WindowProblem(
            key: "longest", text: "\(Self.text(longest)) is shorter than the time-out, \(Self.text(timeout))"))
      }
    case .count(let samples, let every):
      if !(1...Self.maximumPoints).contains(samples) {
        list.append(WindowProblem(key: "count", text: "\(samples) samples; a window has 1 to \(Self.maximumPoints)"))
      } else if !(1...samples).contains(every) {
        list.append(
          WindowProblem(key: "every", text: "\(every) samples; it is 1 to \(samples), the samples of the window"))
      }
    }
  }

  private func checkFunction(_ list: inout [WindowProblem]) {
    func problem(_ text: String) { list.append(WindowProblem(key: "function", text: text)) }
    switch function {
    case .percentile(let percent) where !(0...100).contains(percent):
      problem("percentile \(percent) does not exist; it is 0 to 100")
    case .timeInState(let condition) where !condition.bound.isFinite:
      problem("\(condition.bound) is no number that values can be compared with")
    default: break
    }
    if !(1...Self.maximumTags).contains(tags) {
      list.append(WindowProblem(key: "of", text: "\(tags) tags; a window is over 1 to \(Self.maximumTags)"))
    } else if tags > 1, function.needsOneTag {
      problem(
        "\(function.name) is of one tag, here are \(tags): compute one tag from them by an expression, and let the "
          + "window be over it")
    }
  }

  private func checkTimes(_ list: inout [WindowProblem]) {
    check("lateness", lateness, .zero...Self.maximumLateness, &list)
    // One that was not said follows from the length, of which enough is said.
    if maximumGap != Self.defaultGap(shape) {
      check("maximum-gap", maximumGap, Self.minimumLength...Self.maximumLength, &list)
    }
    guard let hop = shape.hop, let length = shape.length, list.isEmpty else {
      if offset != .zero, shape.hop == nil {
        list.append(WindowProblem(key: "offset", text: "\(shape.name) windows have no grid to be moved"))
      }
      return
    }
    if offset < .zero || offset.wholeMilliseconds >= hop {
      let text = "\(Self.text(offset)); it is 0 or more and shorter than \(Self.text(.milliseconds(hop)))"
      list.append(WindowProblem(key: "offset", text: text))
    }
    let reach = length + gapMilliseconds
    if reach / hop > Self.maximumOverlap {
      let least = (reach + Self.maximumOverlap - 1) / Self.maximumOverlap
      list.append(
        WindowProblem(
          key: shape.name == "hopping" ? "every" : "maximum-gap",
          text:
            "one sample would belong to \(reach / hop) windows (length and maximum-gap by the time between two), at "
            + "most \(Self.maximumOverlap) are allowed: a window every \(Self.text(.milliseconds(least))) or more "
            + "seldom, or a shorter maximum-gap"))
    }
  }

  private func checkPoints(_ list: inout [WindowProblem]) {
    if case .count(let samples, _) = shape {
      if points != samples {
        list.append(
          WindowProblem(key: "points", text: "a count of samples keeps as many points as it counts: leave it out"))
      } else if function.needsEveryValue, samples > Self.maximumRankedPoints {
        list.append(
          WindowProblem(
            key: "count", text: "\(samples) samples; a \(function.name) is of at most \(Self.maximumRankedPoints)"))
      }
      return
    }
    let most = function.needsEveryValue ? Self.maximumRankedPoints : Self.maximumPoints
    if !(16...most).contains(points) {
      list.append(
        WindowProblem(
          key: "points", text: "\(points) points; a window of this function keeps 16 to \(most)"))
    }
  }

  private func check(
    _ key: String, _ time: Duration, _ range: ClosedRange<Duration>, _ list: inout [WindowProblem]
  ) {
    if !range.contains(time) {
      let bounds = "\(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))"
      list.append(WindowProblem(key: key, text: "\(Self.text(time)); it is \(bounds)"))
    } else if .milliseconds(time.wholeMilliseconds) != time {
      list.append(WindowProblem(key: key, text: "\(time) has fractions of a millisecond"))
    }
  }

  /// `90 s`, `31 d`: in the largest unit that divides it.
  static func text(_ time: Duration) -> String {
    let milliseconds = time.wholeMilliseconds
    let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")]
    for (size, name) in units where milliseconds != 0 && milliseconds % size == 0 {
      return "\(milliseconds / size) \(name)"
    }
    return milliseconds == 0 ? "0 s" : "\(milliseconds) ms"
  }
}
