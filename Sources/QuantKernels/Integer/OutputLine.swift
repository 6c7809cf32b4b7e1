package import Quantization

/// An output channel's stage as one product, for processors with AVX512-IFMA (fused_stage.h has the formula).
///
/// Without its sign the stage is a line, cut to whole numbers: with D = 2^(31+e)
///
///     T(x) = ⌊(x·m + K) / D⌋          K = 2^30 + 2^(30+e) where SRDHM rounds by itself, 2^(30+e) where nothing else does
///
/// An offset of the sum is worth a multiple of m, a whole output a multiple of D. With d and j such that d·m = K + j·D + r,
///
///     T(x) = ⌊(x + d)·m / D⌋ − j      if r is so small that no sum at which a byte changes moves
///
/// T reaches n at the smallest x with x·m + K ≥ n·D. That stays this x as long as −above ≤ r < below, the distances of n·D − K to
/// the products of m around it; bytes have at most 255 such n. Every j that is tried gives another r, as if by chance among
/// 0 ..< m, so that some hundred are enough. A small M leaves fewer to try, since d must leave the sum its 32 bits.
package struct OutputLine: Equatable, Sendable {
    /// d: added to the sum, which is then in 0 ..< 2^32 for every |x| < 2^30.
    package let offset: Int64
    /// j
    package let steps: Int64

    /// Offsets that keep x + d inside 32 bits without a sign.
    private static let offsets: Range<Int64> = 1 << 30..<3 << 30
    /// How many are tried at most.
    private static let trials = 1 << 18

    /// Nil where the sign counts, where some M ≥ 1, or where a channel has no line.
    package static func all(_ multipliers: [FixedPointMultiplier], _ stage: Requantization) -> [OutputLine]? {
        let zero = stage.output.zeroPoint
        guard stage.rounding != .fp32, stage.rounding != .gemmlowp || stage.lower >= zero else { return nil }
        let changes = Int64(stage.lower - zero) + 1..<Int64(stage.upper - zero) + 1
        var lines: [OutputLine] = []
        for multiplier in multipliers {
            guard let line = OutputLine(multiplier, rounding: stage.rounding, changes: changes) else { return nil }
            lines.append(line)
        }
        return lines
    }

    /// - Parameter changes: the values of T, above the zero point, that differ from the one before them after the clamp.
    package init?(_ multiplier: FixedPointMultiplier, rounding: RoundingMode, changes: Range<Int64>) {
        let m = Int64(multiplier.significand)
        guard m > 0 else {
            self.init(offset: Self.offsets.lowerBound, steps: 0)
            return
        }
        let e = -Int64(multiplier.shift)
        guard (0...21).contains(e) else { return nil }
        let second: Int64 = e > 0 || rounding == .single ? 1 << (30 + e) : 0
        self.init(m: m, output: 1 << (31 + e), k: (rounding == .single ? 0 : 1 << 30) + second, changes: changes)
    }

    private init(offset: Int64, steps: Int64) { (self.offset, self.steps) = (offset, steps) }

    /// - Parameter output: D
    private init?(m: Int64, output: Int64, k: Int64, changes: Range<Int64>) {
        var (below, above) = (m, m - 1)
        for n in changes {
            let rest = Self.modulo(n * output - k, m)  // distance to the product of m at or below it
            below = min(below, rest == 0 ? m : rest)
            above = min(above, rest == 0 ? 0 : m - rest)
        }
        // K + j·D = offset·m − r
        var steps = (Self.offsets.lowerBound * m - k) / output + 1
        var rest = Self.modulo(k + steps * output, m)
        let step = output % m
        for _ in 0..<Self.trials {
            let product = k + steps * output
            guard product < (Self.offsets.upperBound - 1) * m else { return nil }
            if rest <= above {  // r = −rest
                self.init(offset: product / m, steps: steps)
                return
            }
            if m - rest < below {  // r = m − rest
                self.init(offset: product / m + 1, steps: steps)
                return
            }
            steps += 1
            rest += step
            if rest >= m { rest -= m }
        }
        return nil
    }

    private static func modulo(_ x: Int64, _ m: Int64) -> Int64 {
        let rest = x % m
        return rest < 0 ? rest + m : rest
    }
}
