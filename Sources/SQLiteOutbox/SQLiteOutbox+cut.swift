import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Cutting: frames become one batch with the next number of their lane, inside the transaction that deletes them.
extension SQLiteOutbox {
  struct HeldFrame {
    var sequence: Int64
    var catalogueID: Int
    var samples: Int
    var firstTime: Timestamp
    var lastTime: Timestamp
    var bytes: [UInt8]
  }

  func cut(_ lane: Lane, in state: inout OutboxState) throws {
    let chosen = try framesToCut(lane)
    guard let last = chosen.last else { return }
    let sound = try setDamagedAside(chosen, lane: lane, in: &state)
    var held = state[lane]
    if let first = sound.first {
      let number = held.cutThrough + 1
      let bytes = try batchBytes(sound.map(\.bytes), lane: lane, catalogueID: first.catalogueID, state.epoch, number)
      precondition(bytes.count <= BatchLimits.maximumEncodedBytes, "a batch larger than its limit")
      let samples = sound.reduce(0) { $0 + $1.samples }
      try store(bytes, lane: lane, number: number, samples: samples, frames: sound)
      held.cutThrough = number
      held.batchCount += 1
      held.batchSamples += samples
      held.batchBytes += bytes.count
    }
    let delete = try connection.statement("DELETE FROM frames WHERE lane = ?1 AND sequence <= ?2")
    try delete.bind(1, Int64(lane.rawValue))
    try delete.bind(2, last.sequence)
    try delete.run()
    held.frameCount -= chosen.count
    held.frameSamples -= chosen.reduce(0) { $0 + $1.samples }
    held.frameBytes -= chosen.reduce(0) { $0 + $1.bytes.count }
    state.lanes[lane] = held
  }

  /// The oldest frames of one catalogue, as many as a batch may hold and at least one.
  private func framesToCut(_ lane: Lane) throws -> [HeldFrame] {
    let search = try connection.statement(
      "SELECT sequence, catalogue, samples, first_ms, last_ms, bytes FROM frames WHERE lane = ?1 ORDER BY sequence")
    try search.bind(1, Int64(lane.rawValue))
    var frames: [HeldFrame] = []
    var samples = 0
    try search.forEachRow { row in
      let frame = HeldFrame(
        sequence: row.int64(0), catalogueID: row.int(1), samples: row.int(2),
        firstTime: Timestamp(milliseconds: row.int64(3)), lastTime: Timestamp(milliseconds: row.int64(4)),
        bytes: row.blob(5))
      if let first = frames.first {
        guard frame.catalogueID == first.catalogueID,
          samples + frame.samples <= OutboxPolicy.maximumBatchSamples
        else { return false }
      }
      samples += frame.samples
      frames.append(frame)
      return true
    }
    return frames
  }

  /// Frames whose check sum or shape is wrong are kept aside with the reason, and never block the sound ones.
  private func setDamagedAside(
    _ frames: [HeldFrame], lane: Lane, in state: inout OutboxState
  ) throws -> [HeldFrame] {
    var sound: [HeldFrame] = []
    let insert = try connection.statement("INSERT INTO damaged_frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    for frame in frames {
      do {
        if lane == .alarms {
          _ = try FrameCodec.decodeAlarms(frame.bytes)
        } else {
          _ = try FrameCodec.decodeTelemetry(frame.bytes, catalogue: try catalogue(frame.catalogueID))
        }
        sound.append(frame)
      } catch let error as CodecError {
        try insert.bind(1, frame.sequence)
        try insert.bind(2, Int64(lane.rawValue))
        try insert.bind(3, frame.samples)
        try insert.bind(4, frame.firstTime.milliseconds)
        try insert.bind(5, frame.lastTime.milliseconds)
        try insert.bind(6, error.description)
        try insert.bind(7, frame.bytes)
        try insert.run()
        state.lanes[lane, default: .init()].damagedFrames += 1
      }
    }
    return sound
  }

  private func batchBytes(
    _ frames: [[UInt8]], lane: Lane, catalogueID: Int, _ epoch: Epoch, _ number: UInt64
  ) throws -> [UInt8] {
    switch lane {
    case .alarms: try BatchCutter.alarms(frames: frames, epoch: epoch, number: number)
    case .telemetry:
      try BatchCutter.telemetry(
        frames: frames, catalogue: try catalogue(catalogueID), epoch: epoch, number: number)
    }
  }

  private func store(_ bytes: [UInt8], lane: Lane, number: UInt64, samples: Int, frames: [HeldFrame]) throws {
    let insert = try connection.statement(
      "INSERT INTO batches(lane, number, samples, first_ms, last_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    try insert.bind(1, Int64(lane.rawValue))
    try insert.bind(2, Int64(number))
    try insert.bind(3, samples)
    try insert.bind(4, frames.map(\.firstTime).min()?.milliseconds ?? 0)
    try insert.bind(5, frames.map(\.lastTime).max()?.milliseconds ?? 0)
    try bytes.withUnsafeBytes {
      try insert.bind(6, borrowing: $0)
      try insert.run()
    }
    let advance = try connection.statement("UPDATE lanes SET cut_through = ?2 WHERE lane = ?1")
    try advance.bind(1, Int64(lane.rawValue))
    try advance.bind(2, Int64(number))
    try advance.run()
  }
}
