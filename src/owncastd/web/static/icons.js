/**
 * The drawings on the buttons: 24 by 24, one colour, drawn with a pen of width 2.
 */

/** @type {Record<string, { fill?: string, pen?: string }>} */
const DRAWINGS = {
  play: { fill: "M7 4.2v15.6L20 12z" },
  pause: { fill: "M6 4h4.5v16H6zM13.5 4H18v16h-4.5z" },
  loud: { fill: "M3 9v6h4l5 4.5v-15L7 9z", pen: "M15.5 8.5a5 5 0 0 1 0 7M18 5.5a9 9 0 0 1 0 13" },
  quiet: { fill: "M3 9v6h4l5 4.5v-15L7 9z", pen: "M15.5 8.5a5 5 0 0 1 0 7" },
  muted: { fill: "M3 9v6h4l5 4.5v-15L7 9z", pen: "M16 9.5l5 5M21 9.5l-5 5" },
  wide: { pen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" },
  narrow: { pen: "M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5" },
  face: { pen: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M8.3 14a4.4 4.4 0 0 0 7.4 0M9 9.4v.4M15 9.4v.4" },
  captions: { pen: "M3.5 5.5h17v13h-17zM10.5 10.4a2 2 0 1 0 0 3.2M17 10.4a2 2 0 1 0 0 3.2" },
  cast: { pen: "M4 9V5h16v14h-6M4 19v.1M4 15.5a3.5 3.5 0 0 1 3.5 3.5M4 12a7 7 0 0 1 7 7" },
  theatre: { pen: "M3.5 6.5h17v11h-17zM6.5 20.5h11" },
  chat: { pen: "M4 5h16v11h-9l-4.5 4v-4H4z" },
  down: { pen: "M12 5v14M6 13l6 6 6-6" },
  more: { fill: "M5 10.5h3v3H5zM10.5 10.5h3v3h-3zM16 10.5h3v3h-3z" },
  pen: { pen: "M5 19l1-4L16.5 4.5l3 3L9 18z" },
  close: { pen: "M6 6l12 12M18 6L6 18" },
  float: { fill: "M12 12.5h7v4.5h-7z", pen: "M3.5 5h17v14h-17z" },
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const { fill, pen } = DRAWINGS[name];
  for (const [shape, kind] of [[fill, "fill"], [pen, "pen"]]) {
    if (shape) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", shape);
      path.setAttribute("class", `icon-${kind}`);
      svg.append(path);
    }
  }
  return svg;
}
