import GatewayConfiguration
import GatewayCore
import JSONText
import Telemetry

/// What `fieldgate status` and `fieldgate outbox` show of the store, as JSON.
extension GatewayEngine {
  func writeOutbox(to json: inout JSONWriter, time: Timestamp, now: MonotonicTime) {
    json.member("directory", settings.outbox.directory)
    json.member("epoch", stored.epoch.description)
    json.member("open", isStoreOpen)
    json.member("opening", isStoreOpening)
    json.member("failing", outbox.isFailing)
    json.member("failure", ifPresent: storeFailure)
    json.member("samples", Lane.allCases.reduce(0) { $0 + stored.samples($1) })
    json.member("bytes", Lane.allCases.reduce(0) { $0 + stored.bytes($1) })
    json.member("waiting_in_memory", samplesWaiting)
    json.member("memory_full_samples", memoryLoss?.count ?? 0)
    json.member("memory_full_alarm_events", alarmLoss?.count ?? 0)
    json.object("lanes") { json in
      for lane in Lane.allCases { json.object(lane.name) { writeLane(lane, to: &$0, time: time) } }
    }
    json.member("used_bytes", stored.usedBytes)
    json.member("file_bytes", stored.fileBytes)
    json.member("limit_bytes", ifPresent: outbox.space.limitBytes(of: stored))
    json.member("disk_free_bytes", ifPresent: outbox.space.diskFreeBytes)
    json.member("bytes_per_day", ifPresent: fillRate.bytesPerDay(now: now).map { Int64($0) })
    json.member("full_in_seconds", ifPresent: timeLeft(now: now).map { $0.wholeMilliseconds / 1_000 })
    json.member("thinned_samples", stored.thinned)
    json.object("lost_samples") { json in
      for (reason, count) in stored.lost.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        json.member(reason.name, count)
      }
    }
    json.member("bytes_written", outside.store.bytesWritten)
    json.member(
      "bytes_written_per_sample",
      ifPresent: counters.samples > 0 ? Double(outside.store.bytesWritten) / Double(counters.samples) : nil)
    json.member("clock_trusted", clockTrust.isTrusted)
    json.array("retired_epochs") { json in
      for old in stored.retired {
        json.object { json in
          json.member("epoch", old.epoch.description)
          json.member("reason", old.reason)
          json.member("batches", old.lanes.values.reduce(0) { $0 + $1.batchCount })
        }
      }
    }
    json.array("notes") { json in
      for note in notes {
        json.object { json in
          json.member("time", note.time.iso8601)
          json.member("text", note.text)
        }
      }
    }
  }

  private func writeLane(_ lane: Lane, to json: inout JSONWriter, time: Timestamp) {
    let held = stored[lane]
    let frames = stored.frames[lane] ?? .init()
    json.member("frames", frames.count)
    json.member("frame_samples", frames.samples)
    json.member("frame_bytes", frames.bytes)
    json.member("frames_waiting_for_clock", frames.waitingForClock)
    json.member("batches", held.batchCount + stored.retired.reduce(0) { $0 + ($1.lanes[lane]?.batchCount ?? 0) })
    json.member("batch_samples", held.batchSamples)
    json.member("batch_bytes", held.batchBytes)
    json.member("cut_through", held.cutThrough)
    json.member("confirmed_through", held.confirmedThrough)
    // A time may be anything in a row that changed on the disk.
    let age = stored.oldestTime(lane).map { max(0, time.milliseconds.subtractingReportingOverflow($0.milliseconds).0) }
    json.member("oldest_age_seconds", ifPresent: age.map { $0 / 1_000 })
  }

  /// Bytes to and from central by day, for `fieldgate outbox`.
  func writeTraffic(to json: inout JSONWriter) {
    json.array("days") { json in
      for (day, sent, received) in (try? outside.store.traffic()) ?? [] {
        json.object { json in
          json.member("day", day)
          json.member("sent_bytes", sent)
          json.member("received_bytes", received)
        }
      }
    }
  }
}
