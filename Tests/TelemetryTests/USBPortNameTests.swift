import Telemetry
import Testing

@Suite("Names of USB adapters")
struct USBPortNameTests {
  @Test(
    "a name is read, and written as it was",
    arguments: [
      ("usb:0403:6001", USBPortName(vendor: 0x0403, product: 0x6001)),
      ("usb:0403:6001:A10K3", USBPortName(vendor: 0x0403, product: 0x6001, serial: "A10K3")),
      ("usb:1a86:55d2:if02", USBPortName(vendor: 0x1a86, product: 0x55d2, interface: 2)),
      ("usb:1a86:55d2:00:11:22:if0a", USBPortName(vendor: 0x1a86, product: 0x55d2, serial: "00:11:22", interface: 10)),
    ])
  func read(_ text: String, _ name: USBPortName) {
    #expect(USBPortName(text) == name)
    #expect(name.text == text)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "usb:", "usb:0403", "usb:403:6001", "usb:0403:60g1", "usb:0403:6001:", "usb:0403:6001::if00",
      "/dev/ttyUSB0", "USB:0403:6001",
    ])
  func none(_ text: String) { #expect(USBPortName(text) == nil) }
}
