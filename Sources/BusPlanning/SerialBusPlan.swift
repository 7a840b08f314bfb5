public import GatewayConfiguration
public import JSONText
import SerialSensors
import Telemetry

/// A bus of serial lines: it has no plan of requests, but what is asked there takes time as well.
public struct SerialBusPlan: Sendable {
  /// An instrument that is asked.
  public struct Asked: Hashable, Sendable {
    public var name: String
    public var every: Duration
    /// How long a question in vain holds the line: each attempt its time-out, and as long again for a late answer.
    public var longest: Duration
  }

  public var name: String
  public var asked: [Asked] = []
  /// Devices that send by themselves.
  public var sending: [String] = []

  /// - Parameter bus: index of a bus of serial lines.
  init(_ settings: GatewaySettings, bus: Int) {
    name = settings.buses[bus].name
    for device in settings.devices where device.bus == bus {
      switch device.serial?.speech {
      case .answers(_, _, let request):
        let longest = request.timeout * 2 * (request.retries + 1)
        asked.append(Asked(name: device.name, every: device.scanInterval, longest: longest))
      case .sdi12: asked.append(Asked(name: device.name, every: device.scanInterval, longest: .zero))
      case .pushes, nil: sending.append(device.name)
      }
    }
  }

  /// Of all buses of serial lines.
  public static func all(_ settings: GatewaySettings) -> [SerialBusPlan] {
    settings.buses.indices.filter { !settings.buses[$0].isModbus && settings.buses[$0].kind != .computed }
      .map { SerialBusPlan(settings, bus: $0) }
  }

  /// Part of the time that the questions take at most, when nobody answers; more than 1 cannot be done then. SDI-12 sensors are
  /// not counted: they say themselves how long they measure.
  public var longestLoad: Double {
    asked.filter { $0.every > .zero }.reduce(0) { $0 + $1.longest / $1.every }
  }

  /// The members of a bus among the `serial_buses` of a plan: `docs/formats/local-api.md`.
  public func write(to json: inout JSONWriter) {
    json.member("name", name)
    json.member("longest_load", (longestLoad * 10_000).rounded() / 10_000)
    json.array("asked") { json in
      for device in asked {
        json.object { json in
          json.member("name", device.name)
          json.member("every_ms", device.every.wholeMilliseconds)
          json.member("longest_ms", device.longest.wholeMilliseconds)
        }
      }
    }
    json.array("sending") { json in for name in sending { json.string(name) } }
  }
}
