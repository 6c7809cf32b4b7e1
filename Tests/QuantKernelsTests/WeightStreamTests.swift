import QuantKernels
import Testing

/// What is fetched while panels of weights are used: never outside the buffers, never farther ahead than the window, each byte once a pass.
@Suite struct WeightStreamTests {
    /// A range of the panels' bytes, or of the next operator's.
    private enum Fetch: Equatable {
        case own(Range<Int>)
        case next(Range<Int>)
    }

    /// The fetches of `blocks` passes over the panels; the lines are rounded up to 64 bytes, the ranges here are not.
    private func fetches(
        panels count: Int, of panelBytes: Int, held: Bool, next nextBytes: Int, blocks: Int, most: Int
    ) -> [Fetch] {
        let own = UnsafeMutableRawBufferPointer.allocate(byteCount: count * panelBytes, alignment: 64)
        let next = UnsafeMutableRawBufferPointer.allocate(byteCount: nextBytes, alignment: 64)
        defer {
            own.deallocate()
            next.deallocate()
        }
        var stream = WeightStream(
            weights: UnsafeRawBufferPointer(own), isHeld: held,
            next: UnsafeRawBufferPointer(next))
        var fetches: [Fetch] = []
        for block in 0..<blocks {
            for index in 0..<count {
                let (start, lines) = stream.fetch(
                    until: (index + 1) * panelBytes, inLastBlock: block == blocks - 1, most: most)
                #expect(lines <= most)
                if lines == 0 { continue }
                let isOwn = start >= own.baseAddress! && start < own.baseAddress! + own.count
                let buffer = isOwn ? own : next
                let first = start - UnsafeRawPointer(buffer.baseAddress!)
                #expect(first >= 0 && first < buffer.count)
                let range = first..<min(first + lines * 64, buffer.count)
                if isOwn {
                    let distance = (range.upperBound + own.count - (index + 1) * panelBytes) % own.count
                    #expect(distance <= WeightStream.window || own.count <= WeightStream.window)
                }
                fetches.append(isOwn ? .own(range) : .next(range))
            }
        }
        return fetches
    }

    @Test func heldWeightsAreFetchedOnceAndThenTheNext() {
        let some = fetches(panels: 4, of: 4096, held: true, next: 1 << 20, blocks: 3, most: 96)
        #expect(
            some == [
                .own(4096..<10240), .own(10240..<16384),  // the first block, with two panels to spare
                .next(0..<6144), .next(6144..<12288), .next(12288..<18432), .next(18432..<24576),
            ])
    }

    @Test func weightsThatAreNotHeldAreFetchedForEachBlock() {
        let some = fetches(panels: 3, of: 8192, held: false, next: 640, blocks: 2, most: 128)
        #expect(
            some == [
                .own(8192..<16384), .own(16384..<24576), .own(0..<8192),
                .own(8192..<16384), .own(16384..<24576), .next(0..<640),
            ])
    }

    @Test func fewLinesFetchAPartOfThePanelBehind() {
        let some = fetches(panels: 3, of: 8192, held: false, next: 0, blocks: 1, most: 10)
        #expect(some == [.own(8192..<8832), .own(16384..<17024)])
    }

    @Test func noFartherThanTheWindow() {
        let window = WeightStream.window
        let some = fetches(panels: 8, of: 65536, held: true, next: 2 * window, blocks: 1, most: 1 << 20)
        #expect(some.first == .own(65536..<65536 + window))
        #expect(some.last == .next(0..<window))
        // Every byte of the panels behind the first, once.
        let own = some.compactMap { if case .own(let range) = $0 { range } else { nil } }
        #expect(own.map(\.count).reduce(0, +) == 7 * 65536)
        #expect(zip(own, own.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    }

    @Test func onePanelHasNothingBehindIt() {
        #expect(fetches(panels: 1, of: 4096, held: true, next: 0, blocks: 2, most: 64) == [])
    }
}
