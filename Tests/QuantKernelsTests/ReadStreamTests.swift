import CKernels
import Testing

@Suite struct ReadStreamTests {
    /// Sizes around what one step of each vector width reads.
    @Test(arguments: [0, 63, 64, 128, 192, 256, 320, 1024 + 64 + 7])
    func addsEveryNumberOnce(count: Int) {
        let numbers = (0..<200).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
        let read = numbers.withUnsafeBytes {
            ck_read_stream($0.baseAddress!.assumingMemoryBound(to: UInt8.self), count)
        }
        #expect(read == numbers.prefix(count / 64 * 8).reduce(0, &+))
    }
}
