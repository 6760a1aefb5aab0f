// Serves a folder's files from memory, and a live playlist that can be waited for, as the
// delivery's benchmark needs it: node server.mjs PORT FOLDER PART_MILLISECONDS
import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [port, folder, partMilliseconds] = [
  Number(process.argv[2]),
  process.argv[3],
  Number(process.argv[4]),
];
/** @type {Map<string, Buffer>} */
const files = new Map();
for (const name of readdirSync(folder)) {
  files.set(`/${name}`, readFileSync(join(folder, name)));
}
const part = files.get("/part.m4s");
const PARTS_PER_SEGMENT = 4;
// As long as a real one, but of its segments and parts only the newest count.
const rest = files
  .get("/playlist.m3u8")
  .toString()
  .replaceAll(/^#EXT(INF|-X-PART|-X-PRELOAD-HINT|-X-MEDIA-SEQUENCE):/gm, "#OLD$1:");
let newest = PARTS_PER_SEGMENT;
/** @type {Map<number, import("node:http").ServerResponse[]>} */
const waiting = new Map();

function playlist() {
  const segment = Math.floor((newest + 1) / PARTS_PER_SEGMENT);
  let text = `${rest}\n#EXT-X-MEDIA-SEQUENCE:${segment - 1}\n`;
  for (let number = (segment - 1) * PARTS_PER_SEGMENT; number <= newest; number++) {
    if (number === segment * PARTS_PER_SEGMENT) {
      text += "#EXTINF:2,\nsegment.m4s\n";
    }
    text += `#EXT-X-PART:DURATION=${partMilliseconds / 1000},URI="p${number}.m4s"\n`;
  }
  if ((newest + 1) % PARTS_PER_SEGMENT === 0) {
    text += "#EXTINF:2,\nsegment.m4s\n";
  }
  return Buffer.from(`${text}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p${newest + 1}.m4s"\n`);
}

let text = playlist();

/**
 * @param {import("node:http").ServerResponse} response
 * @param {string} type
 * @param {Buffer} body
 */
function answer(response, type, body) {
  response.writeHead(200, {
    "Content-Type": type,
    "Cache-Control": "no-cache",
    "Content-Length": body.length,
  });
  response.end(body);
}

setInterval(() => {
  newest += 1;
  text = playlist();
  const released = waiting.get(newest) ?? [];
  waiting.delete(newest);
  for (const response of released) {
    answer(response, "application/vnd.apple.mpegurl", text);
  }
}, partMilliseconds);

const server = createServer((request, response) => {
  const [path, query] = request.url.split("?", 2);
  const file = files.get(path);
  if (file) {
    const type = path.endsWith("m3u8") ? "application/vnd.apple.mpegurl" : "video/mp4";
    answer(response, type, file);
  } else if (path === "/live.m3u8") {
    const asked = new URLSearchParams(query);
    const need = PARTS_PER_SEGMENT * Number(asked.get("_HLS_msn")) + Number(asked.get("_HLS_part"));
    if (asked.has("_HLS_msn") && need > newest) {
      const group = waiting.get(need) ?? [];
      group.push(response);
      waiting.set(need, group);
    } else {
      answer(response, "application/vnd.apple.mpegurl", text);
    }
  } else if (/^\/p\d+\.m4s$/.test(path)) {
    answer(response, "video/mp4", part);
  } else {
    response.writeHead(404).end();
  }
});
server.keepAliveTimeout = 600_000;
server.listen({ port, host: "127.0.0.1", backlog: 1024 });
