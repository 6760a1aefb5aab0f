/**
 * Run in the page by the tests and the benchmark: note which frame of a barcoded source is on the
 * glass, and when. tests/integration/sources.py says how a frame's number is drawn.
 *
 * The answer: `window.glass.frames` is a list of [wall clock in ms, frame number,
 * media time in seconds].
 */
() => {
  if (window.glass) {
    return;
  }
  const BITS = 16;
  const SQUARE = 40;
  const canvas = document.createElement("canvas");
  canvas.width = BITS * SQUARE;
  canvas.height = SQUARE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const video = document.querySelector("video");
  const glass = { frames: [], stalls: 0, every: 1 };
  window.glass = glass;

  const read = () => {
    const rows = (video.videoWidth / canvas.width) * SQUARE;
    context.drawImage(video, 0, 0, video.videoWidth, rows, 0, 0, canvas.width, SQUARE);
    const pixels = context.getImageData(0, SQUARE / 2, canvas.width, 1).data;
    let number = 0;
    for (let bit = 0; bit < BITS; bit += 1) {
      if (pixels[(bit * SQUARE + SQUARE / 2) * 4] > 128) {
        number |= 1 << bit;
      }
    }
    return number;
  };
  let shown = 0;
  const onFrame = (_now, metadata) => {
    shown += 1;
    if (shown % glass.every === 0) {
      const at = performance.timeOrigin + metadata.expectedDisplayTime;
      glass.frames.push([at, read(), metadata.mediaTime]);
    }
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  video.addEventListener("waiting", () => {
    glass.stalls += 1;
  });
}
