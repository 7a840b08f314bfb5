import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// What the engine's parts know, kept over restarts (`docs/formats/state.md`): saved now and then, and at the end.
extension GatewayEngine {
  /// Each part that has something to keep, by the name of its section.
  private func sections(now: MonotonicTime) -> [String: [UInt8]] {
    var sections: [String: [UInt8]] = ["rules": rules.saved(now: now)]
    if computed.hasWindows { sections["windows"] = computed.saved() }
    return sections
  }

  /// Each part takes its section up; one that is missing, or that its owner does not understand, begins anew.
  ///
  /// - Parameters:
  ///   - elapsed: since it was saved.
  private func restore(_ sections: [String: [UInt8]], elapsed: Duration, now: MonotonicTime) {
    if let bytes = sections["rules"] { restoreRules(bytes, elapsed: elapsed, now: now) }
    if let bytes = sections["windows"] {
      computed.look(wall: outside.clock.wall(), now: now)
      for name in computed.restore(bytes, now: now) {
        log.notice("the window of \(name) begins anew: it is another one than the one that was saved")
      }
    }
  }

  /// At the start, when the parts are made.
  func restoreState(now: MonotonicTime) {
    nextStateSave = outside.state == nil ? .never : now + EngineLimits.stateInterval
    do {
      guard let bytes = try outside.state?.load() else { return }
      let saved = try SavedState(bytes: bytes)
      let elapsed = saved.elapsed(wall: outside.clock.wall(), monotonic: now, boot: outside.clock.bootName)
      restore(saved.sections, elapsed: elapsed, now: now)
    } catch {
      log.warning("the saved state is not used: \(error); windows and detectors begin anew")
    }
  }

  func saveStateIfDue(now: MonotonicTime) {
    guard nextStateSave <= now, let memory = outside.state else { return }
    nextStateSave = now + EngineLimits.stateInterval
    guard !memory.save(savedState(now: now)) else { return }
    warn(
      "the disk has not yet taken the state of windows and detectors that was saved before", about: "state", now: now)
  }

  /// What came of saving.
  func stateSaved(_ failure: StateMemoryFailure?, now: MonotonicTime) {
    guard let failure else { return allClear("the state of windows and detectors is saved again", about: "state") }
    warn("the state of windows and detectors cannot be saved: \(failure); look at: df -h", about: "state", now: now)
  }

  /// At the end.
  func finishState(now: MonotonicTime) {
    do throws(StateMemoryFailure) {
      try outside.state?.finish(savedState(now: now))
    } catch {
      stateSaved(error, now: now)
    }
  }

  private func savedState(now: MonotonicTime) -> SavedState {
    SavedState(wall: outside.clock.wall(), monotonic: now, boot: outside.clock.bootName, sections: sections(now: now))
  }
}
