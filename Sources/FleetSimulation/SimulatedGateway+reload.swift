import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import RuleEngine
import Telemetry

extension SimulatedGateway {
  /// The engine switches first, the bus a little later, as in the daemon: scans come under the old list in between.
  func reload() -> Bool {
    guard let engine else { return false }
    let next = running.followed(by: Self.changed(original, &random))
    let refusal = Reply()
    engine.take(.reconfigure(Reconfiguration(configuration: next, buses: []) { refusal.text = $0 }))
    guard refusal.text == nil else { return false }
    running = next
    let life = life
    let seed = random.next()
    time.after(random.milliseconds(0...300)) { [self] in
      guard self.life == life else { return }
      poller?.reconfigure(devices: next.polledDevices(ofBus: 0), seed: seed, now: time.now)
    }
    turn()
    return true
  }

  private final class Reply: @unchecked Sendable {  // the simulation has one thread
    var text: String?
  }

  /// Another file: devices in another order, some missing, some with another pace or a tag more, and other rules.
  ///
  /// - Parameter original: with everything in it.
  private static func changed(_ original: GatewaySettings, _ random: inout SeededRandom) -> GatewaySettings {
    var settings = original
    settings.devices.shuffle(using: &random)
    if settings.devices.count > 1, random.chance(300) { settings.devices.removeLast() }
    for index in settings.devices.indices {
      if random.chance(300) {
        settings.devices[index].scanInterval = .milliseconds(Int.random(in: 5...30, using: &random) * 100)
      }
      guard random.chance(300) else { continue }
      settings.devices[index].tags.append(
        TagSettings(
          definition: TagDefinition(name: "again", type: .integer),
          source: .register(SimulatedFieldDevice.points[2])))
    }
    settings.rules = original.rules.compactMap { rule -> AlarmRule? in
      guard let place = settings.devices.firstIndex(where: { rule.tagName == "\($0.name)/level" }), !random.chance(200)
      else { return nil }
      guard var moved = rule.moved({ TagIndex(device: place, tag: $0.tag) }) else { return nil }
      if random.chance(300), case .compare(let tag, let side, _, let hysteresis) = moved.condition {
        let limit = [50.0, 80, 92].randomElement(using: &random)!
        moved.condition = .compare(tag, side, limit: limit, hysteresis: hysteresis)
      }
      return moved
    }
    settings.central?.batchInterval = .seconds(Int.random(in: 1...10, using: &random))
    return settings
  }
}
