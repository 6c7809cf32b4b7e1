internal import CKernels

/// The 3×3 windows that the row kernels slide along a row of output pixels.
extension ConvolutionGeometry {
    /// Whether the row kernels take this window.
    var hasRowWindow: Bool { kernelHeight == 3 && kernelWidth == 3 && stride <= 2 }

    /// What all rows share.
    ///
    /// - Parameter padding: a pixel that is read outside the image.
    func rowWindow(padding: UnsafePointer<UInt8>) -> ck_row_window {
        var window = ck_row_window()
        window.pixels = outputWidth
        window.left = -padLeft
        window.input_width = inputWidth
        window.stride = stride
        window.padding = padding
        return window
    }

    /// Moves the window to row `y` of the output, counted through all images of the batch.
    func move(_ window: inout ck_row_window, toRow y: Int, input: UnsafePointer<UInt8>, pixelBytes: Int) {
        let image = y / outputHeight
        let top = y % outputHeight * stride - padTop
        let outside = (window.padding!, 0)
        func line(_ index: Int) -> (UnsafePointer<UInt8>, Int) {
            let y = top + index
            guard y >= 0, y < inputHeight else { return outside }
            return (input + (image * inputHeight + y) * inputWidth * pixelBytes, pixelBytes)
        }
        let lines = (line(0), line(1), line(2))
        window.row = (lines.0.0, lines.1.0, lines.2.0)
        window.step = (lines.0.1, lines.1.1, lines.2.1)
    }
}
