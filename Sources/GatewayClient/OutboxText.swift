/// The page that `fieldgate outbox` prints.
struct OutboxText {
  let outbox: OutboxStatus

  var lines: [String] {
    var lines = [
      "outbox   \(outbox.directory)",
      "holds    \(outbox.samples) samples for central in \(StatusText.bytes(outbox.bytes))\(oldest)",
      "space    \(space)", "full     \(full)", "disk     \(written)",
    ]
    lines += Self.troubles(outbox)
    if outbox.thinnedSamples > 0 {
      lines.append("thinned  \(outbox.thinnedSamples) samples to minimum, maximum, mean and count a minute")
    }
    for (reason, count) in outbox.lostSamples.sorted(by: { $0.key < $1.key }) {
      lines.append("lost     \(count) samples: \(reason); central is told, with times and devices")
    }
    for old in outbox.retiredEpochs {
      lines.append("epoch    \(old.batches) batches of an earlier epoch wait: \(old.reason)")
    }
    for note in outbox.notes { lines.append("note     \(note.time)  \(note.text)") }
    if let days = outbox.traffic?.days, !days.isEmpty {
      lines.append("traffic  (UTC days)")
      for day in days.prefix(14) {
        lines.append(
          "  \(day.day)  sent \(StatusText.bytes(day.sentBytes))  received \(StatusText.bytes(day.receivedBytes))")
      }
    }
    return lines
  }

  private var oldest: String { outbox.oldestAgeSeconds.map { ", oldest \(StatusText.duration($0))" } ?? "" }

  private var space: String {
    var text = "\(StatusText.bytes(outbox.usedBytes)) used"
    if let limit = outbox.limitBytes { text += " of \(StatusText.bytes(limit))" }
    if let free = outbox.diskFreeBytes { text += "; \(StatusText.bytes(free)) free on the disk" }
    return text
  }

  private var full: String { Self.forecast(outbox) ?? "not known yet: ask again in a minute" }

  /// `in 9 days at today's rate`
  static func forecast(_ outbox: OutboxStatus) -> String? {
    guard let seconds = outbox.fullInSeconds, let rate = outbox.bytesPerDay else { return nil }
    let time =
      seconds >= 4 * 86_400
      ? "\(seconds / 86_400) days" : seconds >= 7_200 ? "\(seconds / 3_600) hours" : "\(seconds / 60) minutes"
    return "in \(time) at today's rate (\(StatusText.bytes(rate)) a day) if central stays away"
  }

  private var written: String {
    let rate = outbox.bytesWrittenPerSample.map { ", \(Int($0)) B a sample" } ?? ""
    return "\(StatusText.bytes(outbox.bytesWritten)) written since the start\(rate)"
  }

  /// What a technician must not overlook.
  static func troubles(_ outbox: OutboxStatus) -> [String] {
    var lines: [String] = []
    if !outbox.open || outbox.failing {
      lines.append(
        "! the outbox takes no data (\(outbox.waitingInMemory) samples wait in memory): "
          + (outbox.failure ?? "look at the disk of \(outbox.directory) (df, dmesg)"))
    }
    let (samples, events) = (outbox.memoryFullSamples ?? 0, outbox.memoryFullAlarmEvents ?? 0)
    if samples + events > 0 {
      lines.append(
        "! memory is full, too: \(samples) samples and \(events) alarm events are lost so far, and each second more; "
          + "central will be told how many")
    }
    if !outbox.clockTrusted {
      lines.append("! the clock is not set: values are kept and sent once it is; look at: timedatectl")
    }
    return lines
  }
}
