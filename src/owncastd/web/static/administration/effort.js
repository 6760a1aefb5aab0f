/**
 * Renditions: what they are made of, and what they cost to encode.
 */

/**
 * @typedef {object} Rendition as the API has it
 * @property {string} name
 * @property {boolean} videoPassthrough
 * @property {boolean} audioPassthrough
 * @property {number} videoBitrate
 * @property {number} audioBitrate
 * @property {number} [scaledWidth]
 * @property {number} [scaledHeight]
 * @property {number} framerate
 * @property {number} cpuUsageLevel
 */

/**
 * Cores that x264 takes for a million pixels each second, by level: measured at 720p and 30 frames
 * (two EPYC cores, `-tune zerolatency`) for the lower three, guessed from these for the others.
 */
const CORES_PER_MEGAPIXEL = [0.0156, 0.0188, 0.0253, 0.036, 0.046];
/** With an encoder in hardware the processor still decodes and scales the picture: a guess. */
const CORES_PER_MEGAPIXEL_IN_HARDWARE = 0.004;
/** Cores that passing a stream on takes. */
const CORES_PASSED_ON = 0.02;
/** What a source is taken for where a rendition follows it. */
const SOURCE = { height: 1080, framerate: 30 };
const RATIO = 16 / 9;
const SOFTWARE = "libx264";

/**
 * @param {Rendition} rendition
 * @param {string} encoder
 * @returns {number} how many cores of the server it takes, roughly
 */
export function estimateCores(rendition, encoder) {
  if (rendition.videoPassthrough) {
    return CORES_PASSED_ON;
  }
  const { scaledHeight = 0, scaledWidth = 0, framerate, cpuUsageLevel } = rendition;
  const height = scaledHeight || (scaledWidth ? scaledWidth / RATIO : SOURCE.height);
  const width = scaledWidth || height * RATIO;
  const megapixels = (width * height * (framerate || SOURCE.framerate)) / 1e6;
  const each = encoder === SOFTWARE
    ? CORES_PER_MEGAPIXEL[cpuUsageLevel] ?? CORES_PER_MEGAPIXEL[2]
    : CORES_PER_MEGAPIXEL_IN_HARDWARE;
  return megapixels * each;
}

/** @type {Record<string, Partial<Rendition>>} */
export const PRESETS = {
  source: { videoPassthrough: true },
  "1080p": { scaledHeight: 1080, videoBitrate: 4500 },
  "720p": { scaledHeight: 720, videoBitrate: 2500 },
  "480p": { scaledHeight: 480, videoBitrate: 1200 },
  "360p": { scaledHeight: 360, videoBitrate: 700 },
};

/**
 * @param {string} name of the preset
 * @returns {Rendition}
 */
export function renditionOf(name) {
  const preset = PRESETS[name];
  return {
    name: name === "source" ? "Source" : name,
    videoPassthrough: false,
    audioPassthrough: true,
    videoBitrate: 1200,
    audioBitrate: 0,
    scaledWidth: 0,
    scaledHeight: 0,
    framerate: 0,
    cpuUsageLevel: 1,
    ...preset,
  };
}
