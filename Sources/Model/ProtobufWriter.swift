/// Writes the protobuf wire format into memory that the caller has measured. Hand-written because
/// the append path must not allocate; tests hold it to the generated code.
package struct ProtobufWriter: ~Copyable {
    private var cursor: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    package init(_ buffer: UnsafeMutableRawBufferPointer) {
        // An empty buffer is only written to by a message of no bytes.
        cursor = buffer.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped
        end = cursor + buffer.count
    }

    /// Bytes left; a message that was measured right leaves none.
    package var remaining: Int { end - cursor }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(rest))
    }

    package mutating func byte(_ value: UInt8) {
        precondition(cursor < end, "a protobuf message is longer than it was measured")
        cursor.storeBytes(of: value, as: UInt8.self)
        cursor += 1
    }

    package mutating func bytes(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress, !source.isEmpty else { return }
        precondition(source.count <= remaining, "a protobuf message is longer than measured")
        cursor.copyMemory(from: base, byteCount: source.count)
        cursor += source.count
    }

    package mutating func fixed64(_ value: UInt64) {
        precondition(remaining >= 8, "a protobuf message is longer than it was measured")
        cursor.storeBytes(of: value.littleEndian, as: UInt64.self)
        cursor += 8
    }

    // MARK: Fields. As in proto3, a default value is not written.

    package mutating func field(_ number: UInt32, unsigned value: UInt64) {
        guard value != 0 else { return }
        varint(UInt64(number) << 3)
        varint(value)
    }

    package mutating func field(_ number: UInt32, signed value: Int64) {
        field(number, unsigned: UInt64(bitPattern: value))
    }

    package mutating func field(_ number: UInt32, flag value: Bool) {
        field(number, unsigned: value ? 1 : 0)
    }

    package mutating func field(_ number: UInt32, fixed value: UInt64) {
        guard value != 0 else { return }
        varint(UInt64(number) << 3 | 1)
        fixed64(value)
    }

    package mutating func field(_ number: UInt32, text value: String) {
        guard !value.isEmpty else { return }
        header(number, length: value.utf8.count)
        var copy = value
        copy.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    /// A field that is written even when it is empty.
    package mutating func field(_ number: UInt32, present value: [UInt8]) {
        header(number, length: value.count)
        value.withUnsafeBytes { bytes($0) }
    }

    /// The tag and length of a nested message, whose fields follow.
    package mutating func header(_ number: UInt32, length: Int) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(length))
    }
}

/// Measures what `ProtobufWriter` writes.
package enum ProtobufSize {
    package static func varint(_ value: UInt64) -> Int {
        value < 0x80 ? 1 : (70 - value.leadingZeroBitCount) / 7
    }

    package static func tag(_ number: UInt32) -> Int { number < 16 ? 1 : 2 }

    package static func field(_ number: UInt32, unsigned value: UInt64) -> Int {
        value == 0 ? 0 : tag(number) + varint(value)
    }

    package static func field(_ number: UInt32, signed value: Int64) -> Int {
        field(number, unsigned: UInt64(bitPattern: value))
    }

    package static func field(_ number: UInt32, flag value: Bool) -> Int {
        value ? tag(number) + 1 : 0
    }

    package static func field(_ number: UInt32, fixed value: UInt64) -> Int {
        value == 0 ? 0 : tag(number) + 8
    }

    package static func field(_ number: UInt32, text value: String) -> Int {
        value.isEmpty ? 0 : nested(number, length: value.utf8.count)
    }

    /// A length-delimited field that is written even when it is empty.
    package static func nested(_ number: UInt32, length: Int) -> Int {
        tag(number) + varint(UInt64(length)) + length
    }
}
