import Datasets
import Testing

/// Random damage never traps: a damaged file gives an error of this file, or the checksum proves that what was read is
/// what was written.
@Suite struct DatasetFuzzTests {
    @Test(arguments: 0..<4 as Range<UInt64>)
    func randomDamage(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let fixture = try Fixture()
        let paths = [fixture.imagesPath, fixture.labelsPath]
        let originals = try paths.map(fixture.read)
        let sound = try fixture.load()
        var refused = 0
        for _ in 0..<500 {
            let victim = Int.random(in: 0...1, using: &random)
            var bytes = originals[victim]
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            } else {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let at = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                }
            }
            try fixture.write(bytes, to: paths[victim])
            switch fixture.result() {
            // Flips in the header's time stamp or system byte, or one undoing another, do no harm.
            case .success(let dataset): #expect(dataset == sound)
            case .failure(let error):
                refused += 1
                #expect(error.description.contains(paths[victim]))
            }
            try fixture.write(originals[victim], to: paths[victim])
        }
        #expect(refused > 400)
    }

    /// Damage inside a stream whose checksum is right: the IDX reader is on its own.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func randomDamageInsideTheStream(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let fixture = try Fixture()
        var refused = 0
        for _ in 0..<500 {
            var bytes = idx([3, 28, 28], pixels(3))
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            } else {
                bytes[Int.random(in: 0..<16, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
            try fixture.write(gzip(bytes), to: fixture.imagesPath)
            let error = #expect(throws: DatasetError.self) { try fixture.load() }
            if error?.description.contains(fixture.imagesPath) == true { refused += 1 }
        }
        #expect(refused == 500)
    }
}
