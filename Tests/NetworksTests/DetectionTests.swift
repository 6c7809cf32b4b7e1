import Networks
import Testing

/// Boxes, offsets, suppression and the measures, against cases worked out by hand.
@Suite struct DetectionTests {
    /// In tenths of the image.
    static func box(_ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Box {
        Box(left: left / 10, top: top / 10, right: right / 10, bottom: bottom / 10)
    }

    static func found(_ box: Box, _ score: Float, label: Int = 0) -> Detection {
        Detection(label: label, box: box, score: score)
    }

    static func object(_ box: Box, label: Int = 0) -> LabelledBox { LabelledBox(label: label, box: box) }

    static func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-6 }

    // MARK: Geometry

    @Test func overlaps() {
        let a = Self.box(0, 0, 2, 2)
        #expect(a.overlap(a) == 1)
        // 1 of 4 + 4 − 1.
        #expect(abs(a.overlap(Self.box(1, 1, 3, 3)) - 1 / 7) < 1e-6)
        #expect(a.overlap(Self.box(2, 0, 4, 2)) == 0)
        #expect(a.overlap(Self.box(3, 3, 2, 2)) == 0, "a box whose edges are crossed has no area")
        #expect(Self.box(1, 1, 1, 1).overlap(Self.box(1, 1, 1, 1)) == 0)
        #expect(
            abs(Self.box(1, 2, 4, 6).mirrored.left - 0.6) < 1e-6
                && abs(Self.box(1, 2, 4, 6).mirrored.right - 0.9) < 1e-6)
    }

    static let head = DetectionHead(
        classes: 2,
        levels: [
            .init(rows: 2, columns: 3, sizes: [.init(0.2, 0.4), .init(0.5, 0.5)]),
            .init(rows: 1, columns: 1, sizes: [.init(0.8, 0.6)]),
        ])

    @Test func anchorsStandAtTheCentresOfTheirPlaces() throws {
        let head = Self.head
        // 12 anchors of 3 scores and 4 offsets, and one.
        #expect(head.anchors.count == 13 && head.outputs == 12 * 7 + 7)
        // Row 1, column 2, size 1.
        let anchor = head.anchors[(1 * 3 + 2) * 2 + 1]
        #expect(abs(anchor.centreX - 5.0 / 6) < 1e-6 && anchor.centreY == 0.75 && anchor.size == .init(0.5, 0.5))
        #expect((anchor.scores, anchor.offsets) == (11 * 3, 12 * 3 + 11 * 4))
        #expect((head.anchors[12].scores, head.anchors[12].offsets) == (84, 84 + 3))
        // Scores and offsets fill the output, each element once.
        let taken = head.anchors.flatMap { Array($0.scores..<$0.scores + 3) + Array($0.offsets..<$0.offsets + 4) }
        #expect(taken.sorted() == Array(0..<head.outputs))
    }

    @Test func offsetsMoveAnAnchorOntoABox() {
        let anchor = Self.head.anchors[12]
        // Half a tenth of 0.8 to the right; e^0.2 as wide.
        let moved = DetectionHead.decode(SIMD4(0.5, 0, 1, 0), from: anchor)
        let width: Float = 0.8 * 1.2214028
        #expect(abs((moved.left + moved.right) / 2 - 0.54) < 1e-6 && abs(moved.right - moved.left - width) < 1e-6)
        #expect(abs(moved.top - 0.2) < 1e-6 && abs(moved.bottom - 0.8) < 1e-6)
        for anchor in Self.head.anchors {
            let box = Self.box(1, 2, 4, 9)
            let back = DetectionHead.decode(DetectionHead.encode(box, from: anchor), from: anchor)
            #expect(abs(back.left - 0.1) < 1e-5 && abs(back.top - 0.2) < 1e-5)
            #expect(abs(back.right - 0.4) < 1e-5 && abs(back.bottom - 0.9) < 1e-5)
        }
        #expect(DetectionHead.decode(SIMD4(0, 0, 1e30, 1e30), from: anchor).area.isFinite)
    }

    // MARK: Decoding

    @Test func decodingNamesClassesAndSuppressesNeighbours() {
        let head = Self.head
        // All background, but for three anchors.
        var output = [Float](repeating: 0, count: head.outputs)
        for anchor in head.anchors { output[anchor.scores] = 20 }
        func set(_ anchor: Int, _ scores: [Float]) {
            for (k, score) in scores.enumerated() { output[head.anchors[anchor].scores + k] = score }
        }
        // Anchors 1 and 3: half a column apart, 0.5 wide: overlap (0.5 − 1/3)/(0.5 + 1/3) = 0.2. Cut at the left edge.
        set(1, [0, 3, 0])
        set(3, [0, 0, 4])
        // Anchor 12 moved onto anchor 3's box: suppressed by the surer one of its class.
        let t = DetectionHead.encode(head.anchors[3].box, from: head.anchors[12])
        for i in 0..<4 { output[head.anchors[12].offsets + i] = t[i] }
        set(12, [0, 0, 2])
        let found = head.detections(output)
        // e⁴/(e⁴ + 2), e³/(e³ + 2), 1/(e² + 2), 1/(e³ + 2). Class 1 of anchor 12 and class 0 of anchor 3, 1/(e⁴ + 2), are
        // suppressed.
        #expect(found.map(\.label) == [1, 0, 0, 1])
        #expect(
            zip(found.map(\.score), [0.96466, 0.90944, 0.10651, 0.04528]).allSatisfy { abs($0 - Float($1)) < 1e-4 })
        #expect(found[1].box.left == 0 && abs(found[1].box.right - (1.0 / 6 + 0.25)) < 1e-6)
        var strict = DetectionHead.Decoding()
        strict.lowestScore = 0.5
        #expect(head.detections(output, strict).map(\.label) == [1, 0])
        strict.mostOverlap = 1
        #expect(head.detections(output, strict).map(\.label) == [1, 0, 1])
        strict.limit = 1
        #expect(head.detections(output, strict).map(\.label) == [1])
    }

    @Test func suppressionKeepsTheSurestOfEachHeap() {
        let boxes = [
            Self.found(Self.box(0, 0, 4, 4), 0.6), Self.found(Self.box(0, 0, 4, 5), 0.9),
            // 12 of 16 + 20 − 12: ½ beside the surest.
            Self.found(Self.box(1, 0, 5, 4), 0.5), Self.found(Self.box(8, 8, 9, 9), 0.1),
        ]
        #expect(DetectionHead.suppress(boxes, mostOverlap: 0.51).map(\.score) == [0.9, 0.5, 0.1])
        #expect(DetectionHead.suppress(boxes, mostOverlap: 0.49).map(\.score) == [0.9, 0.1])
        #expect(DetectionHead.suppress([], mostOverlap: 0.5).isEmpty)
    }

    // MARK: Measures

    @Test func perfectDetectionsHaveFullMarks() throws {
        var scoring = DetectionScoring(classes: 3)
        scoring.add(
            [Self.found(Self.box(0, 0, 2, 2), 0.9), Self.found(Self.box(5, 5, 9, 9), 0.8, label: 2)],
            objects: [Self.object(Self.box(5, 5, 9, 9), label: 2), Self.object(Self.box(0, 0, 2, 2))])
        // Class 1 has no object and does not count.
        #expect(scoring.quality == DetectionScoring.Quality(map: 1, map50: 1, precision: 1, recall: 1))
    }

    @Test func nothingFoundAndNothingThere() throws {
        var scoring = DetectionScoring(classes: 1)
        #expect(scoring.quality == nil)
        scoring.add([Self.found(Self.box(0, 0, 1, 1), 0.9)], objects: [])
        #expect(scoring.quality == nil, "without an object there is nothing to find")
        scoring = DetectionScoring(classes: 1)
        scoring.add([], objects: [Self.object(Self.box(0, 0, 1, 1))])
        #expect(scoring.quality == DetectionScoring.Quality(map: 0, map50: 0, precision: nil, recall: 0))
    }

    /// One class, two images, three objects. The surest detection is right, the next wrong, the third right:
    /// precision 1 at recall ⅓, 2/3 at recall ⅔. Of the 101 recalls 0…33 have 1, 34…66 have 2/3, the rest 0.
    @Test func averagePrecisionByHand() throws {
        var scoring = DetectionScoring(classes: 1)
        let (a, b, c) = (Self.box(0, 0, 2, 2), Self.box(4, 4, 8, 8), Self.box(1, 1, 3, 5))
        scoring.add(
            [Self.found(a, 0.9), Self.found(Self.box(8, 0, 9, 1), 0.7)], objects: [Self.object(a), Self.object(b)])
        scoring.add([Self.found(c, 0.6)], objects: [Self.object(c)])
        let quality = try #require(scoring.quality)
        #expect(Self.near(quality.map, (34 + 33 * 2.0 / 3) / 101))
        #expect(Self.near(quality.map50, quality.map))
        #expect(Self.near(try #require(quality.precision), 2.0 / 3) && Self.near(quality.recall, 2.0 / 3))
    }

    /// Precision is made to fall: a right one, two wrong ones, then three right ones of four objects. Precision is 1 at ¼, then
    /// 2/4, 3/5, 4/6: recalls 26…100 have 4/6.
    @Test func precisionIsMadeToFall() throws {
        var scoring = DetectionScoring(classes: 1)
        let boxes = (0..<4).map { Self.box(Float(2 * $0), 0, Float(2 * $0 + 1), 1) }
        let wrong = Self.box(0, 8, 1, 9)
        scoring.add(
            [
                Self.found(boxes[0], 0.9), Self.found(wrong, 0.8), Self.found(wrong, 0.7), Self.found(boxes[1], 0.6),
                Self.found(boxes[2], 0.4), Self.found(boxes[3], 0.3),
            ], objects: boxes.map { Self.object($0) })
        let quality = try #require(scoring.quality)
        #expect(Self.near(quality.map, (26 + 75 * 4.0 / 6) / 101))
        // Scores of at least ½: two right of four found, of four objects.
        #expect(Self.near(try #require(quality.precision), 0.5) && Self.near(quality.recall, 0.5))
    }

    /// An overlap of 0.72 is right at 0.50, 0.55, 0.60, 0.65, 0.70: half of the ten thresholds.
    @Test func thresholdsAreAveraged() throws {
        var scoring = DetectionScoring(classes: 1)
        scoring.add([Self.found(Self.box(0, 0, 7.2, 10), 0.9)], objects: [Self.object(Self.box(0, 0, 10, 10))])
        let quality = try #require(scoring.quality)
        #expect(Self.near(quality.map, 0.5) && quality.map50 == 1)
        #expect(Self.near(try #require(quality.precision), 0.5) && Self.near(quality.recall, 0.5))
    }

    /// An object is claimed once, by the surest; a detection claims the free object that it overlaps most; another class or
    /// image is nothing to it.
    @Test func objectsAreClaimedOnce() throws {
        let a = Self.box(0, 0, 4, 4)
        var scoring = DetectionScoring(classes: 2)
        scoring.add([Self.found(a, 0.6), Self.found(a, 0.9)], objects: [Self.object(a)])
        #expect(Self.near(try #require(scoring.quality?.precision), 0.5) && scoring.quality?.map == 1)
        scoring = DetectionScoring(classes: 2)
        scoring.add([Self.found(a, 0.9, label: 1)], objects: [Self.object(a)])
        scoring.add([Self.found(a, 0.9)], objects: [])
        #expect(scoring.quality?.map == 0 && scoring.quality?.precision == 0)
        // Both overlap the surer detection; it takes the closer one, and leaves the other to the next.
        scoring = DetectionScoring(classes: 1)
        scoring.add(
            [Self.found(a, 0.9), Self.found(Self.box(0, 0, 5, 4), 0.8)],
            objects: [Self.object(Self.box(0, 0, 5, 4)), Self.object(a)])
        #expect(scoring.quality?.map == 1)
    }

    @Test func resamplingDrawsWholeImages() throws {
        var scoring = DetectionScoring(classes: 1)
        let a = Self.box(0, 0, 4, 4)
        scoring.add([Self.found(a, 0.9)], objects: [Self.object(a)])
        scoring.add([], objects: [Self.object(a)])
        // Always the first image, always the second, one of each.
        #expect(scoring.resampled(1) { _ in 0 } == [1])
        #expect(scoring.resampled(1) { _ in 1 } == [0])
        var next = 0
        let both = scoring.resampled(1) { limit in
            #expect(limit == 2)
            defer { next += 1 }
            return next % 2
        }
        #expect(Self.near(both[0], 51.0 / 101) && scoring.quality?.map == both[0])
    }

    // MARK: The network

    @Test(arguments: [(1.0, 64), (0.5, 64), (0.25, 64), (0.25, 32), (0.5, 96), (0.25, 50)])
    func theDetectorsHeadFitsItsOutput(_ width: Double, _ resolution: Int) throws {
        let network = try #require(NetworkFamily.named("fashion_detector")).network(
            width: width, resolution: resolution)
        let head = try #require(network.head)
        #expect(head.outputs == network.shape(of: network.last).count && head.classes == 10)
        for anchor in head.anchors {
            #expect(0 < anchor.centreX && anchor.centreX < 1 && 0 < anchor.centreY && anchor.centreY < 1)
        }
        #expect(NetworkFamily.named("fashion_mobilenet_v1")?.network().head == nil)
    }

    /// The output's order is that of the convolutions' NHWC tensors, row by row: what a place's convolution writes is what the
    /// head reads as that place's.
    @Test func eachPlaceAnswersForItself() throws {
        let network = try #require(NetworkFamily.named("fashion_detector")).network(width: 0.25)
        let head = try #require(network.head)
        let tensors = network.nodes.last!.inputs.map { network.nodes[network.nodes[$0 - 1].inputs[0] - 1] }
        #expect(tensors.map(\.name) == ["scores_1", "offsets_1", "scores_2", "offsets_2"])
        // Level 2: 4×4 places of 2 anchors behind 8×8 of 4.
        let first = 64 * 4
        let start = first * 15
        let anchor = head.anchors[first + (2 * 4 + 3) * 2 + 1]
        #expect(anchor.scores == start + ((2 * 4 + 3) * 22) + 11)
        #expect(anchor.offsets == start + 16 * 22 + ((2 * 4 + 3) * 8) + 4)
        #expect(anchor.centreX == 0.875 && anchor.centreY == 0.625)
    }
}
