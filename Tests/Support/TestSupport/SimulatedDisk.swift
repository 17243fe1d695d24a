/// What a disk holds and what only the page cache holds: the state behind `SimulatedFileSystem`.
struct SimulatedDisk: Sendable {
    /// A file: what a reader sees, what is on disk, and the writes between the two.
    struct Inode: Sendable {
        var cached: [UInt8] = []
        var durable: [UInt8] = []
        var pending: [Write] = []
    }

    struct Write: Sendable {
        var offset: Int
        var bytes: [UInt8]
    }

    enum NameChange: Sendable {
        case link(String, Int)
        case unlink(String)
        case rename(String, String, Int)

        var path: String {
            switch self {
            case .link(let path, _), .unlink(let path), .rename(_, let path, _): path
            }
        }
    }

    static let sectorBytes = 512

    var inodes: [Int: Inode] = [:]
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var pendingNames: [NameChange] = []
    var directories: Set<String> = []
    private var nextInode = 1

    // MARK: What the program sees

    mutating func create(_ path: String) -> Int {
        let inode = nextInode
        nextInode += 1
        inodes[inode] = Inode()
        change(.link(path, inode))
        return inode
    }

    mutating func change(_ change: NameChange) {
        SimulatedDisk.apply(change, to: &names)
        pendingNames.append(change)
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .link(let path, let inode): names[path] = inode
        case .unlink(let path): names[path] = nil
        case .rename(let source, let target, let inode):
            names[source] = nil
            names[target] = inode
        }
    }

    mutating func write(_ bytes: [UInt8], at offset: Int, of inode: Int) {
        inodes[inode, default: Inode()].pending.append(Write(offset: offset, bytes: bytes))
        SimulatedDisk.apply(bytes, at: offset, to: &inodes[inode, default: Inode()].cached)
    }

    private static func apply(_ bytes: [UInt8], at offset: Int, to file: inout [UInt8]) {
        let end = offset + bytes.count
        if file.count < end { file.append(contentsOf: repeatElement(0, count: end - file.count)) }
        file.replaceSubrange(offset..<end, with: bytes)
    }

    mutating func sync(_ inode: Int) {
        guard var file = inodes[inode] else { return }
        for write in file.pending {
            SimulatedDisk.apply(write.bytes, at: write.offset, to: &file.durable)
        }
        file.pending = []
        inodes[inode] = file
    }

    /// A sync that fails: the kernel forgets that the pages were dirty. A reader still sees them, no
    /// later sync writes them.
    mutating func failSync(_ inode: Int) {
        inodes[inode, default: Inode()].pending = []
    }

    mutating func syncNames(in directory: String) {
        for change in pendingNames where SimulatedDisk.parent(change.path) == directory {
            SimulatedDisk.apply(change, to: &durableNames)
        }
        pendingNames.removeAll { SimulatedDisk.parent($0.path) == directory }
    }

    static func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    var usedBytes: Int {
        Set(names.values).reduce(0) { $0 + (inodes[$1]?.cached.count ?? 0) }
    }

    // MARK: Power loss

    /// The disk after power loss: of what was not synced, anything may be there, in any order, cut
    /// at any sector or byte.
    func afterPowerLoss(using random: inout SimulatedRandom) -> SimulatedDisk {
        var after = self
        after.pendingNames = []
        for change in pendingNames where Bool.random(using: &random) {
            SimulatedDisk.apply(change, to: &after.durableNames)
        }
        after.names = after.durableNames
        for inode in inodes.keys.sorted() {
            guard var file = inodes[inode] else { continue }
            let fate = Int.random(in: 0..<4, using: &random)
            for write in file.pending where fate > 0 {
                for piece in SimulatedDisk.sectors(of: write) {
                    let survives = fate == 1 || Bool.random(using: &random)
                    guard survives else { continue }
                    var bytes = piece.bytes
                    if fate == 3, Int.random(in: 0..<4, using: &random) == 0 {
                        bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
                    }
                    SimulatedDisk.apply(bytes, at: piece.offset, to: &file.durable)
                }
            }
            file.pending = []
            file.cached = file.durable
            after.inodes[inode] = file
        }
        return after
    }

    private static func sectors(of write: Write) -> [Write] {
        var pieces: [Write] = []
        var done = 0
        while done < write.bytes.count {
            let at = write.offset + done
            let count = min(write.bytes.count - done, sectorBytes - at % sectorBytes)
            pieces.append(Write(offset: at, bytes: Array(write.bytes[done..<(done + count)])))
            done += count
        }
        return pieces
    }
}
