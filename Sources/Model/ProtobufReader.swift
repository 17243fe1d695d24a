/// Reads the protobuf wire format. Total: any bytes give fields or `malformed`, never a trap.
package struct ProtobufReader: ~Copyable {
    package struct Malformed: Error {
        package init() {}
    }

    private let buffer: UnsafeRawBufferPointer
    private var cursor = 0

    package init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
    }

    /// A field's number and content; nil at the end of the message.
    package struct Field {
        package var number: UInt32
        package var value: Value
    }

    package enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(UnsafeRawBufferPointer)
        /// 32-bit fields, which no message here uses; kept so that later versions can.
        case fixed32
    }

    package mutating func next() throws(Malformed) -> Field? {
        guard cursor < buffer.count else { return nil }
        let key = try varint()
        guard key >> 3 > 0, key >> 3 <= 0x1FFF_FFFF else { throw Malformed() }
        let number = UInt32(key >> 3)
        switch key & 7 {
        case 0: return Field(number: number, value: .varint(try varint()))
        case 1: return Field(number: number, value: .fixed64(try fixed64()))
        case 2: return Field(number: number, value: .bytes(try lengthDelimited()))
        case 5:
            guard buffer.count - cursor >= 4 else { throw Malformed() }
            cursor += 4
            return Field(number: number, value: .fixed32)
        default: throw Malformed()
        }
    }

    private mutating func varint() throws(Malformed) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while cursor < buffer.count, shift < 64 {
            let byte = buffer[cursor]
            cursor += 1
            if shift == 63, byte > 1 { throw Malformed() }
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return result }
            shift += 7
        }
        throw Malformed()
    }

    private mutating func fixed64() throws(Malformed) -> UInt64 {
        guard buffer.count - cursor >= 8 else { throw Malformed() }
        let value = buffer.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)
        cursor += 8
        return UInt64(littleEndian: value)
    }

    private mutating func lengthDelimited() throws(Malformed) -> UnsafeRawBufferPointer {
        let length = try varint()
        guard length <= UInt64(buffer.count - cursor) else { throw Malformed() }
        let slice = UnsafeRawBufferPointer(rebasing: buffer[cursor..<cursor + Int(length)])
        cursor += Int(length)
        return slice
    }
}

// MARK: Typed access; a field of another wire type than expected is malformed.

extension ProtobufReader.Field {
    package var unsigned: UInt64 {
        get throws(ProtobufReader.Malformed) {
            guard case .varint(let value) = value else { throw .init() }
            return value
        }
    }

    package var signed: Int64 {
        get throws(ProtobufReader.Malformed) { Int64(bitPattern: try unsigned) }
    }

    /// As generated code does, the low 32 bits.
    package var unsigned32: UInt32 {
        get throws(ProtobufReader.Malformed) { UInt32(truncatingIfNeeded: try unsigned) }
    }

    package var flag: Bool {
        get throws(ProtobufReader.Malformed) { try unsigned != 0 }
    }

    package var fixed: UInt64 {
        get throws(ProtobufReader.Malformed) {
            guard case .fixed64(let value) = value else { throw .init() }
            return value
        }
    }

    package var slice: UnsafeRawBufferPointer {
        get throws(ProtobufReader.Malformed) {
            guard case .bytes(let value) = value else { throw .init() }
            return value
        }
    }

    package var bytes: [UInt8] {
        get throws(ProtobufReader.Malformed) { Array(try slice) }
    }

    package var text: String {
        get throws(ProtobufReader.Malformed) {
            guard let text = String(validating: try slice, as: UTF8.self) else { throw .init() }
            return text
        }
    }
}
