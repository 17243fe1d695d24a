/// What can be read of an `opened` event without building it: its kind and headers, for the mirror.
public enum OpeningPeek {
    /// Calls `kind` once and `header` for each header, with the bytes as they stand in the event.
    /// Bytes that are not an event's end the reading. Allocates nothing.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, kind: (UnsafeRawBufferPointer) -> Void,
        header: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        var reader = ProtobufReader(bytes)
        do throws(ProtobufReader.Malformed) {
            while let field = try reader.next() {
                switch field.number {
                case 10: kind(try field.slice)
                case 11: try read(header: try field.slice, header)
                default: break
                }
            }
        } catch {
            return
        }
    }

    private static func read(
        header bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) throws(ProtobufReader.Malformed) {
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = name
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.slice
            case 2: value = try field.slice
            default: break
            }
        }
        body(name, value)
    }
}
