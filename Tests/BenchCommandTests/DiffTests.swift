import Foundation
import Testing

/// `bench diff`, on the shipped network.
@Suite struct DiffTests {
    @Test func countsAddUp() throws {
        let folder = try Workspace()
        let run = try BenchProcess.run(
            "diff", "fashion_mobilenet_v1", "--width", "0.25", "--numerics", "w2c-a8", "--images", "500", "--list", "3",
            in: folder)
        #expect(run.status == 0, "\(run.stderr)")
        let lines = run.lines
        let head = try #require(
            lines[0].firstMatch(of: /500 images of fashion-mnist\/test: f32 ([\d.]+) %, w2c-a8-ptq ([\d.]+) %/))
        let sums = try #require(
            lines[1].firstMatch(
                of: /on (\d+) images \(.*\): (\d+) right in f32 only, (\d+) right in integers only, (\d+) wrong/))
        let numbers = [sums.1, sums.2, sums.3, sums.4].compactMap { Int($0) }
        // Two bits overturn many answers.
        #expect(numbers[0] > 50 && numbers[1] + numbers[2] + numbers[3] == numbers[0])
        let (float, integer) = (try #require(Double(head.1)), try #require(Double(head.2)))
        #expect(abs((float - integer) * 5 - Double(numbers[1] - numbers[2])) < 0.01)

        // Ten classes of six counts, which add up to what is said above.
        let rows = lines[3..<13].map { $0.split(separator: " ").suffix(6).compactMap { Int($0) } }
        #expect(rows.allSatisfy { $0.count == 6 })
        func total(_ column: Int) -> Int { rows.reduce(0) { $0 + $1[column] } }
        #expect(total(0) == 500 && total(3) == numbers[0] && total(4) == numbers[1] && total(5) == numbers[2])
        #expect(abs(Double(total(1)) / 5 - float) < 0.01 && abs(Double(total(2)) / 5 - integer) < 0.01)

        // The most decided first.
        #expect(lines.last == "and \(numbers[0] - 3) with smaller margins: --list \(numbers[0]) shows them")
        let margins = lines[14..<17].compactMap { $0.firstMatch(of: #/ (\d+\.\d+)  \d /#).flatMap { Double($0.1) } }
        #expect(margins.count == 3 && margins == margins.sorted(by: >) && margins[0] > 0)
        #expect(lines.allSatisfy { $0.count <= 120 })
    }

    @Test(arguments: [
        (["mobilenet_v1"], "has random weights"), (["nothing"], "unknown network 'nothing'"),
        (["fashion_mobilenet_v1", "--numerics", "f32"], "float is what the integers are compared with"),
        (["fashion_mobilenet_v1", "--width", "0.25", "--numerics", "w5c-a8-qat"], "--qat w5c-a8`"),
        (["fashion_mobilenet_v1", "--width", "0.25", "--numerics", "w8g32-a8"], "groups of 32"),
        (["fashion_mobilenet_v1", "--split", "none"], "--split none: test or train"),
        (["fashion_mobilenet_v1", "--width", "0"], "--width 0.0: goes from above 0 to 4"),
        (["fashion_resnet8", "--width", "0.5"], "--width: fashion_resnet8 has no widths; leave it out"),
    ])
    func wrongArguments(arguments: [String], message: String) throws {
        let run = try BenchProcess(["diff"] + arguments, in: Workspace()).wait()
        #expect(run.status == 2)
        #expect(run.stderr.contains(message), "\(run.stderr)")
    }
}
