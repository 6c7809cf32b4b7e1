/// The most products whose sum stays below 2³¹ for every value of these ranges.
///
/// A factor is counted by its distance from the zero point, since what is summed is (q − Z): at most the whole span where Z
/// is free (255 for eight bits), and the highest member where it is 0 (127 for symmetric weights). The raw sum Σ q₁q₂, which
/// kernels form before they correct for Z, is not larger.
public func largestSafeDepth(activationRange: IntegerRange, weightRange: IntegerRange) -> Int {
    func magnitude(_ range: IntegerRange) -> Int64 { range.isNarrow ? Int64(range.highest) : range.steps }
    let (product, overflow) = magnitude(activationRange).multipliedReportingOverflow(by: magnitude(weightRange))
    return overflow ? 0 : Int(Int64(Int32.max) / product)
}

/// Refuses a layer whose int32 accumulator could overflow: `depth`·max|a|·max|w| must stay below 2³¹.
///
/// - Parameter depth: products per sum, k·k·c_in for a convolution.
/// - Throws: `accumulatorOverflow`, which names the largest safe depth.
public func checkAccumulatorDepth(
    depth: Int, activationRange: IntegerRange, weightRange: IntegerRange
) throws(QuantizationError) {
    let largest = largestSafeDepth(activationRange: activationRange, weightRange: weightRange)
    guard depth <= largest else {
        throw .accumulatorOverflow(
            depth: depth, largestSafeDepth: largest, activations: activationRange, weights: weightRange)
    }
}
