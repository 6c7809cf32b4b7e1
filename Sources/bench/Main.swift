import BenchCommand

@main
struct Main {
    static func main() { BenchTool.run(CommandLine.arguments) }
}
