import Networks
import Testing

/// Random damage never traps: it gives an error of this file, or a checkpoint that the format allows.
@Suite struct CheckpointFuzzTests {
    @Test(arguments: 0..<8 as Range<UInt64>, Checkpoint.Precision.allCases)
    func randomDamage(_ seed: UInt64, _ precision: Checkpoint.Precision) throws {
        var random = Xorshift(state: seed + 1)
        let fixture = try CheckpointFixture()
        try Checkpoint(parameters: parameters(of: smallNetwork), metadata: ["epoch": "15"])
            .save(fixture.path, precision: precision)
        let original = try fixture.read()
        let header = 8 + Int(original[0]) + Int(original[1]) << 8
        var refused = 0
        for _ in 0..<500 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                // Mostly in the header: there is more to break.
                let at = Int.random(in: 0..<(Bool.random(using: &random) ? header : bytes.count), using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 1: bytes[at] = UInt8(ascii: "9")
                case 2: bytes.remove(at: at)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                }
            }
            switch fixture.load(bytes) {
            case .success(let checkpoint):
                #expect(checkpoint.parameters.tensors.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
            case .failure(let error):
                refused += 1
                #expect(error.description.hasPrefix(fixture.path + ": "))
            }
        }
        #expect(refused > 250)
    }

    /// A small generator of our own, so that a failure can be repeated.
    private struct Xorshift: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state &* 0x2545_f491_4f6c_dd1d
        }
    }
}
