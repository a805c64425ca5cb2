// Draws SVG files as another program would: node peer.mjs HOW OUT FILE... One thread, eight pictures a file.
// Prints a line of JSON: the files, the CPU milliseconds without start-up and without the first file, the bytes, the peak memory.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import sharp from 'sharp';

const [how, out, ...paths] = process.argv.slice(2);
const WIDTHS = [64, 128, 256, 512];
sharp.concurrency(1);
sharp.cache(false);

const both = (image, png = {}, webp = {}) => [
  ['png', image.clone().png(png)],
  ['webp', image.clone().webp({ quality: 80, ...webp })],
];

/** How each draws: yields [width, format, bytes]. */
const HOW = {
  /** One pipeline an output: what the documentation shows. */
  async *sharp(svg) {
    for (const width of WIDTHS) {
      yield [width, 'png', await sharp(svg).resize(width).png().toBuffer()];
      yield [width, 'webp', await sharp(svg).resize(width).webp({ quality: 80 }).toBuffer()];
    }
  },
  /** One load, smaller pictures of the largest, default coders. */
  async *'sharp-once'(svg) {
    yield* scaled(svg, {}, {});
  },
  /** The same with the quickest coders: larger files. */
  async *'sharp-quick'(svg) {
    yield* scaled(svg, { compressionLevel: 1 }, { effort: 0 });
  },
  async *'resvg-js'(svg) {
    for (const width of WIDTHS) {
      const png = new Resvg(svg, { fitTo: { mode: 'width', value: width }, font: { loadSystemFonts: false } }).render().asPng();
      yield [width, 'png', png];
      yield [width, 'webp', await sharp(png).webp({ quality: 80 }).toBuffer()];
    }
  },
};

async function* scaled(svg, png, webp) {
  const { data, info } = await sharp(svg).resize(512).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  for (const width of WIDTHS) {
    const image = sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } }).resize(width);
    for (const [format, pipeline] of both(image, png, webp)) yield [width, format, await pipeline.toBuffer()];
  }
}

let bytes = { png: 0, webp: 0 };
let failed = 0;
async function draw(path) {
  try {
    for await (const [width, format, picture] of HOW[how](readFileSync(path))) {
      writeFileSync(join(out, `${basename(path, '.svg')}-${width}.${format}`), picture);
      bytes[format] += picture.length;
    }
  } catch {
    failed += 1;
  }
}

await draw(paths[0]);
[bytes, failed] = [{ png: 0, webp: 0 }, 0];
const before = process.cpuUsage();
const clock = performance.now();
for (const path of paths) await draw(path);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - clock) / 1000;
const peak = process.resourceUsage().maxRSS;
console.log(JSON.stringify({ files: paths.length, failed, cpu_ms: (user + system) / 1000, seconds, png: bytes.png, webp: bytes.webp, peak_kib: peak }));
