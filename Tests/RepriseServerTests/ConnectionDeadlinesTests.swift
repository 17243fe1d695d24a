import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import RepriseServer

/// By a clock that the test moves.
@Suite struct ConnectionDeadlinesTests {
    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel

    init() throws {
        channel = EmbeddedChannel(
            handler: ConnectionDeadlines(requestTimeout: .seconds(10), idleTimeout: .seconds(3)),
            loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private var head: HTTPRequestPart {
        .head(HTTPRequest(method: .post, scheme: "http", authority: "n1", path: "/"))
    }

    private func body() -> HTTPRequestPart { .body(ByteBuffer(string: "x")) }

    @Test func aBodyThatTricklesInHasAnEnd() throws {
        try channel.writeInbound(head)
        for _ in 0..<9 {
            loop.advanceTime(by: .seconds(1))
            try channel.writeInbound(body())
            #expect(channel.isActive)
        }
        loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func aBodyThatComesInTimeDoesNot() throws {
        for _ in 0..<3 {
            try channel.writeInbound(head)
            loop.advanceTime(by: .seconds(9))
            try channel.writeInbound(body())
            try channel.writeInbound(HTTPRequestPart.end(nil))
            loop.advanceTime(by: .hours(1))
            #expect(channel.isActive, "how long an answer takes is not the caller's doing")
        }
        _ = try channel.finish()
    }

    @Test func anAnswerThatNobodyTakesHasAnEnd() throws {
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        loop.advanceTime(by: .seconds(2))
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive, "it was taken in time")
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        loop.advanceTime(by: .seconds(3))
        #expect(!channel.isActive)
    }
}
