// Unpack the browser of the npm package into $TMPDIR; run in the folder that has node_modules.
import { inflate } from "@sparticuz/chromium";
import { fileURLToPath } from "node:url";

const packed = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"];
for (const name of packed) {
  const url = new URL(`./node_modules/@sparticuz/chromium/bin/${name}`, import.meta.url);
  await inflate(fileURLToPath(url));
}
