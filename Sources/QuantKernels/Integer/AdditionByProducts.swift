internal import CKernels

extension ck_int_add {
    /// Looks for constants with which two 16-bit products add all pairs of bytes exactly as the definition does
    /// (add_products.h has the formula), and sets them if there are any.
    ///
    /// p and q are the scales' ratios at `bits` fractional bits. Each of the 65,536 pairs, whose output is n, then asks of r
    ///
    ///     n·2^bits ≤ a·p + b·q + r < (n + 1)·2^bits        the left side only for n > lower, the right one only for n < upper
    ///
    /// and a solution exists if the largest left bound is below the smallest right one. It nearly always does; ties, as of two
    /// equal scales, are an exception, since they are rounded by sign.
    ///
    /// - Parameters:
    ///   - left: S₁/S₃.
    ///   - right: S₂/S₃.
    mutating func findProducts(left: Double, right: Double) {
        // The larger factor fills 15 bits; sums stay in 32 bits with 20 fractional ones.
        let shift = min(15 - (max(left, right).exponent + 1), 20)
        guard shift >= 0 else { return }
        let bits = Int64(shift + Self.lowBits)
        let one = Int64(1) << bits
        let p = Int64((left * Double(one)).rounded())
        let q = Int64((right * Double(one)).rounded())
        guard max(p, q) >> Int64(Self.lowBits) < 1 << 15, let r = start(p: p, q: q, one: one) else { return }
        let mask = Int64(1) << Int64(Self.lowBits) - 1
        func pair(_ a: Int64, _ b: Int64) -> Int32 { Int32(truncatingIfNeeded: a | b << 16) }
        low = pair(p & mask, q & mask)
        high = pair(p >> Int64(Self.lowBits), q >> Int64(Self.lowBits))
        start_low = Int32(r & mask)
        start_high = Int32(r >> Int64(Self.lowBits))
        self.shift = Int32(shift)
        by_products = 1
    }

    /// The same addition by products with its operands exchanged.
    var exchanged: ck_int_add {
        var other = self
        func swapHalves(_ pair: Int32) -> Int32 {
            Int32(bitPattern: UInt32(bitPattern: pair) << 16 | UInt32(bitPattern: pair) >> 16)
        }
        (other.low, other.high) = (swapHalves(low), swapHalves(high))
        (other.zero_a, other.multiplier_a, other.shift_a) = (zero_b, multiplier_b, shift_b)
        (other.zero_b, other.multiplier_b, other.shift_b) = (zero_a, multiplier_a, shift_a)
        return other
    }

    /// Bits of a factor that the first product takes.
    private static let lowBits = 15

    /// The middle of the values of r that satisfy all pairs; nil if none does, or if it does not fit the kernels' int32.
    private func start(p: Int64, q: Int64, one: Int64) -> Int64? {
        let flip: UInt8 = is_signed != 0 ? 0x80 : 0
        let lift: Int64 = is_signed != 0 ? 128 : 0
        let (lowest, highest) = (Int64(lower) + lift, Int64(upper) + lift)
        let right = (UInt8.min...UInt8.max).map { $0 ^ flip }
        var sums = [UInt8](repeating: 0, count: right.count)
        var (least, most) = (Int64.min, Int64.max)
        for a in Int64(0)..<256 {
            let left = [UInt8](repeating: UInt8(a) ^ flip, count: right.count)
            withUnsafePointer(to: self) { Self.definition(right.count, left, right, &sums, $0) }
            for b in Int64(0)..<256 {
                let n = Int64(sums[Int(b)] ^ flip)
                let value = a * p + b * q
                if n > lowest { least = max(least, n * one - value) }
                if n < highest { most = min(most, (n + 1) * one - 1 - value) }
            }
        }
        guard least <= most else { return nil }
        // With one side open (all outputs are the clamp's), the other is as good as the middle.
        let middle = least == .min ? most : most == .max ? least : least + (most - least) / 2
        let reach = Int64(1) << Int64(30 + Self.lowBits)
        return (-reach..<reach).contains(middle) ? middle : nil
    }

    /// The portable kernel, which is the definition.
    private static let definition: ck_int_add_fn = KernelRegistry(features: .scalar).best(.add).int_add
}
