/// Serial ports and their settings.
extension Diagnosis {
  static func port(_ seen: PortEvidence, bus: String) -> [Finding] {
    let choice =
      seen.lastingNames.isEmpty
      ? "no adapter is plugged in: plug it in, then look at: dmesg | tail"
      : "plug the adapter in, or name one that is there: \(seen.lastingNames.prefix(4).joined(separator: ", "))"
    guard seen.exists else {
      return [Finding(.bus, bus, .problem, "the port \(seen.path) is not there", next: choice)]
    }
    guard seen.isCharacterDevice else {
      return [Finding(.bus, bus, .problem, "\(seen.path) is no serial port", next: choice)]
    }
    var found = permission(seen, bus: bus) + holders(seen, bus: bus)
    if seen.path.hasPrefix("/dev/ttyUSB") || seen.path.hasPrefix("/dev/ttyACM") {
      let name = seen.lastingName ?? "/dev/serial/by-id/…, as soon as the adapter has a name there"
      found.append(
        Finding(
          .bus, bus, .warning, "\(seen.path) may belong to another adapter after a restart or a replug",
          next: "write instead: device: \(name)"))
    }
    guard found.isEmpty else { return found }
    let kind = seen.isPseudoTerminal ? " (a pseudo-terminal: a simulator, not a wire)" : ""
    return [Finding(.bus, bus, .ok, "the port \(seen.path) is there\(kind), and \(seen.user) may use it")]
  }

  private static func permission(_ seen: PortEvidence, bus: String) -> [Finding] {
    guard seen.isAllowed == false else { return [] }
    let next =
      seen.isOpenToGroup && seen.group != "root"
      ? "usermod -aG \(seen.group) \(seen.user), then start the service again: systemctl restart fieldgate"
      : "give it to a group: a rule in /etc/udev/rules.d with SUBSYSTEM==\"tty\", GROUP=\"dialout\", MODE=\"0660\", "
        + "then: udevadm trigger"
    return [
      Finding(
        .bus, bus, .problem, "the user \(seen.user) may not use \(seen.path) (\(seen.permissions))", next: next)
    ]
  }

  /// Programs that are known to open serial ports unasked.
  private static let intruders = [
    "ModemManager": "systemctl disable --now ModemManager",
    "brltty": "apt remove brltty",
    "agetty": "systemctl disable --now serial-getty@PORT (no login on this port), and no console= for it at boot",
  ]

  private static func holders(_ seen: PortEvidence, bus: String) -> [Finding] {
    var found = seen.holders.map { holder in
      Finding(
        .bus, bus, .problem, "\(seen.path) is held by \(holder.program) (process \(holder.pid))",
        next: intruders[holder.program] ?? "end that program; two on one line disturb each other")
    }
    // When the daemon has it, it has locked it.
    if found.isEmpty, !seen.areHoldersKnown, !seen.isHeldByDaemon {
      found.append(
        Finding(
          .bus, bus, .notChecked, "whether another program holds \(seen.path): only root sees that",
          next: "sudo fieldgate doctor"))
    }
    return found
  }

  /// Frames of more than 11 bits a character exist on no device that follows the specification (Modbus over serial line
  /// 1.02, section 2.5.1); sensors that speak no Modbus follow none.
  static func line(_ seen: LineEvidence, bus: String, isModbus: Bool) -> [Finding] {
    let letter = seen.parity.first.map { $0.uppercased() } ?? "?"
    let settings = "\(seen.baud) baud, 8\(letter)\(seen.stopBits)"
    var found: [Finding] = []
    if isModbus, seen.parity != "none", seen.stopBits == 2 {
      found.append(
        Finding(
          .bus, bus, .warning, "\(settings) has 12 bits a character, which Modbus does not know",
          next: "with parity use 'stop-bits: 1'; compare with the device's display or manual"))
    }
    if isModbus, seen.baud > 115_200 {
      found.append(
        Finding(
          .bus, bus, .warning, "\(settings) is faster than nearly all Modbus devices",
          next: "9600 and 19200 are usual; compare with the device's display or manual"))
    }
    if isModbus, seen.timeoutMilliseconds < 100 {
      found.append(
        Finding(
          .bus, bus, .warning,
          "a time-out of \(seen.timeoutMilliseconds) ms is short: adapter and device may need more",
          next: "set 'timeout' of the bus to 300ms or more"))
    }
    return found.isEmpty ? [Finding(.bus, bus, .ok, "\(settings): plausible")] : found
  }
}
