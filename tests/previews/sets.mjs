// Makes the three input sets of the pinned packages: node sets.mjs OUT. Always the same files.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const out = process.argv[2];
const HEAVY_BYTES = 50_000;

/** The SVG files below a folder of a package, by name; the name says where it comes from. */
function files(folder, wanted = () => true) {
  const root = join('node_modules', folder);
  return readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.svg'))
    .sort()
    .map((path) => ({ path: join(root, path), name: `${folder}-${path}`.replaceAll('/', '-'), bytes: statSync(join(root, path)).size }))
    .filter(wanted);
}

/** So many of them, evenly spread. */
function spread(all, count) {
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, at) => all[Math.floor(at * step)]);
}

const light = ({ bytes }) => bytes <= HEAVY_BYTES;
const heavy = ({ bytes }) => bytes > HEAVY_BYTES;
const original = ({ path, bytes }) => path.endsWith('original.svg') && bytes <= HEAVY_BYTES;

const sets = {
  icons: [
    spread(files('lucide-static/icons'), 400),
    spread(files('@tabler/icons/icons'), 400),
    spread(files('bootstrap-icons/icons'), 400),
    spread(files('@fluentui/svg-icons/icons', ({ path }) => path.endsWith('_24_regular.svg')), 400),
    spread(files('@mdi/svg/svg'), 400),
  ],
  colour: [
    spread(files('@discordapp/twemoji/dist/svg', light), 400),
    spread(files('openmoji/color/svg', light), 400),
    spread(files('flag-icons/flags/4x3', light), 200),
    spread(files('devicon/icons', original), 200),
    spread(files('fluentui-emoji/icons/flat', light), 250),
  ],
  heavy: [
    spread(files('fluentui-emoji/icons/modern', heavy), 130),
    spread(files('svg-country-flags/svg', ({ bytes }) => bytes > 20_000), 42),
    spread(files('@meteocons/svg/fill'), 80),
    spread(files('devicon/icons', heavy), 12),
    spread(files('@svg-maps/world'), 1),
  ],
};

for (const [name, groups] of Object.entries(sets)) {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const chosen = groups.flat();
  chosen.forEach(({ path, name: file }) => copyFileSync(path, join(folder, file)));
  console.log(`${name}: ${chosen.length} files, ${Math.round(chosen.reduce((sum, { bytes }) => sum + bytes, 0) / 1024)} KiB`);
}
