import GatewayConfiguration
import GatewayCore
import TagExpressions
import Telemetry

extension GatewaySettings {
  /// The computed devices, with the places of the tags that they use.
  ///
  /// - Parameter catalogue: of these settings.
  func computedDevices(_ catalogue: Catalogue) -> [ComputedDevice] {
    let computed = devices.indices.filter { buses[devices[$0].bus].kind == .computed }
    guard !computed.isEmpty else { return [] }
    var places: [TagName: TagIndex] = [:]
    for (device, definition) in catalogue.devices.enumerated() {
      for (tag, name) in definition.tags.map(\.name).enumerated() {
        places[TagName(device: definition.name, tag: name)] = TagIndex(device: device, tag: tag)
      }
    }
    return computed.map { place in
      ComputedDevice(
        place: place, interval: devices[place].scanInterval,
        tags: devices[place].tags.map { tag in
          guard case .computed(let point) = tag.source else {
            preconditionFailure("a computed device has such tags only")
          }
          let inputs = point.inputs.map { name in
            guard let index = places[name] else { preconditionFailure("\(name) was there when the file was read") }
            return index
          }
          return ComputedDevice.Tag(point.forCore, inputs: inputs, decimals: point.decimals)
        })
    }
  }
}

extension ComputedPoint {
  fileprivate var forCore: ComputedDevice.Calculation {
    switch calculation {
    case .expression(let program): .expression(program)
    case .window(let specification, _): .window(specification)
    }
  }
}
