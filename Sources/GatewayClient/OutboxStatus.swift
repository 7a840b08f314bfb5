/// What the daemon says of its outbox (`docs/formats/local-api.md`).
struct OutboxStatus: Decodable {
  struct Lane: Decodable {
    var frames: Int
    var batches: Int
    var framesWaitingForClock: Int
    var oldestAgeSeconds: Int?

    enum CodingKeys: String, CodingKey {
      case frames, batches
      case framesWaitingForClock = "frames_waiting_for_clock"
      case oldestAgeSeconds = "oldest_age_seconds"
    }
  }

  struct RetiredEpoch: Decodable {
    var epoch: String
    var reason: String
    var batches: Int
  }

  struct Note: Decodable {
    var time: String
    var text: String
  }

  struct Day: Decodable {
    var day: String
    var sentBytes: Int
    var receivedBytes: Int

    enum CodingKeys: String, CodingKey {
      case day
      case sentBytes = "sent_bytes"
      case receivedBytes = "received_bytes"
    }
  }

  struct Traffic: Decodable { var days: [Day] }

  var directory: String
  var epoch: String
  var open: Bool
  /// It takes no data because it is being opened; nil from a daemon that did that before all else.
  var opening: Bool?
  var failing: Bool
  /// Why it takes no data.
  var failure: String?
  var samples: Int
  var bytes: Int
  var waitingInMemory: Int
  /// What memory had no room for and no notice tells yet; nil from a daemon that does not say.
  var memoryFullSamples: Int?
  var memoryFullAlarmEvents: Int?
  var lanes: [String: Lane]
  var usedBytes: Int
  var limitBytes: Int?
  var diskFreeBytes: Int?
  var bytesPerDay: Int?
  var fullInSeconds: Int?
  var thinnedSamples: Int
  var lostSamples: [String: Int]
  var bytesWritten: Int
  var bytesWrittenPerSample: Double?
  var clockTrusted: Bool
  var retiredEpochs: [RetiredEpoch]
  var notes: [Note]
  var traffic: Traffic?

  enum CodingKeys: String, CodingKey {
    case directory, epoch, open, opening, failing, failure, samples, bytes, lanes, notes, traffic
    case waitingInMemory = "waiting_in_memory"
    case memoryFullSamples = "memory_full_samples"
    case memoryFullAlarmEvents = "memory_full_alarm_events"
    case usedBytes = "used_bytes"
    case limitBytes = "limit_bytes"
    case diskFreeBytes = "disk_free_bytes"
    case bytesPerDay = "bytes_per_day"
    case fullInSeconds = "full_in_seconds"
    case thinnedSamples = "thinned_samples"
    case lostSamples = "lost_samples"
    case bytesWritten = "bytes_written"
    case bytesWrittenPerSample = "bytes_written_per_sample"
    case clockTrusted = "clock_trusted"
    case retiredEpochs = "retired_epochs"
  }

  var oldestAgeSeconds: Int? { lanes.values.compactMap(\.oldestAgeSeconds).max() }
}
