import GatewayCore
import GatewayRuntime
import SQLiteOutbox
import SimulatedDisk
import Telemetry

/// Where its store lies, and how long opening it takes.
extension SimulatedGateway {
  func place() -> OutboxPlace {
    var place = OutboxPlace(
      directory: "/outbox", vfs: disk.vfsName, boot: "boot \(boots)", files: files,
      random: SeededRandom(seed: random.next()))
    if scenario.hasSmallCaches {
      place.checkpointPages = 40
      place.cacheKibibytes = 40
    }
    return place
  }

  func slowness(_ life: Int) -> ObservedStore.Slowness? {
    guard scenario.has(.slowOpening) else { return nil }
    // Its own dice, so that other draws stay as they were.
    var dice = SeededRandom(seed: scenario.seed ^ UInt64(life) << 32 ^ 0x0be0)
    return .init(
      draw: { dice.chance(600) ? dice.seconds(1...90) : nil },
      onEnd: { [self] in
        guard self.life == life, let engine else { return }
        engine.take(.storeReady)
        turn()
      })
  }
}
