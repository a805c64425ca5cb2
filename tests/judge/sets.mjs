// Puts files of each pinned package into a folder of its own: node sets.mjs OUT. Always the same files.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const FILES = 300;

/** The SVG files of a package, [name, how to write it], by name. */
function files(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.svg') && !path.includes('node_modules'))
    .sort()
    .map((path) => [path.replaceAll('/', '-'), (to) => copyFileSync(join(folder, path), to)]);
}

/** The icons of a package of Iconify, which has them all in one file. */
function unpacked(folder) {
  const { icons, width = 24, height = width } = JSON.parse(readFileSync(join(folder, 'icons.json')));
  return Object.keys(icons)
    .sort()
    .map((name) => {
      const { body, left = 0, top = 0, width: w = width, height: h = height } = icons[name];
      const text = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${w}" height="${h}" viewBox="${left} ${top} ${w} ${h}">${body}</svg>`;
      return [`${name}.svg`, (to) => writeFileSync(to, text)];
    });
}

/** So many of them, evenly spread. */
function spread(all) {
  const step = Math.max(1, all.length / FILES);
  return Array.from({ length: Math.min(FILES, all.length) }, (_, at) => all[Math.floor(at * step)]);
}

rmSync(out, { recursive: true, force: true });
for (const name of Object.keys(JSON.parse(readFileSync('package.json')).dependencies)) {
  const folder = join('node_modules', name);
  const to = join(out, name.replace('@', '').replaceAll('/', '-'));
  mkdirSync(to, { recursive: true });
  for (const [file, write] of spread(name.startsWith('@iconify-json/') ? unpacked(folder) : files(folder))) write(join(to, file));
}
