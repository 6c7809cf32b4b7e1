import Runner
import Testing

@Suite struct AccuracyTests {
    /// Of equal outputs the first is the better one, so that top-1 is rank 0 and each image has each rank once.
    @Test func ranksAreAPermutation() {
        let output: [Float] = [0.25, 0.5, 0.25, -1, 0.5, 0.25, 0]
        #expect(output.indices.map { AccuracyEvaluation.rank(of: $0, in: output) } == [2, 0, 3, 6, 1, 4, 5])
    }
}
