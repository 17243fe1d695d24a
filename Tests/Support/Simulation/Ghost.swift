internal import Model

/// Messages of a producer that is gone, still on the wire: a first part of them may land, in order.
struct Ghost {
    var partition: Int
    var messages: [Sent]
}
