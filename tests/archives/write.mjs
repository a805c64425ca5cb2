// Writes the same files with each writer of npm, in each of its ways: node write.mjs OUT.
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const out = process.argv[2];
mkdirSync(out, { recursive: true });

const svg = (fill) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="${fill}" d="M0 0h1v1z"/></svg>`;
const FILES = [
  ['manifest.json', '{"manifest_version": 1}'],
  ['icons/a.svg', svg('red')],
  ['icons/größe.svg', svg('lime').repeat(50)],
  ['empty.svg', ''],
];
const bytes = (text) => new TextEncoder().encode(text);

async function write(name, make) {
  try {
    writeFileSync(join(out, `${name}.zip`), await make());
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}

const { default: JSZip } = await import('jszip');
for (const compression of ['STORE', 'DEFLATE'])
  for (const streamFiles of [false, true])
    for (const platform of ['DOS', 'UNIX'])
      await write(`jszip-${compression}-${streamFiles}-${platform}`, () => {
        const zip = new JSZip();
        for (const [path, text] of FILES) zip.file(path, text);
        return zip.generateAsync({ type: 'nodebuffer', compression, streamFiles, platform });
      });

const { default: yazl } = await import('yazl');
for (const compress of [false, true])
  for (const forceZip64Format of [false, true])
    for (const way of ['addBuffer', 'addReadStream'])
      await write(`yazl-${compress}-${forceZip64Format}-${way}`, async () => {
        const { Readable } = await import('node:stream');
        const zip = new yazl.ZipFile();
        for (const [path, text] of FILES)
          if (way === 'addBuffer') zip.addBuffer(Buffer.from(text), path, { compress, forceZip64Format });
          else zip.addReadStream(Readable.from([Buffer.from(text)]), path, { compress, forceZip64Format });
        zip.end({ forceZip64Format });
        return buffer(zip.outputStream);
      });

const archiver = await import('archiver');
for (const store of [false, true])
  for (const forceZip64 of [false, true])
    await write(`archiver-${store}-${forceZip64}`, () => {
      const zip = new archiver.ZipArchive({ store, forceZip64 });
      for (const [path, text] of FILES) zip.append(text, { name: path });
      zip.finalize();
      return buffer(zip);
    });

const fflate = await import('fflate');
for (const level of [0, 6, 9])
  await write(`fflate-${level}`, () => fflate.zipSync(Object.fromEntries(FILES.map(([path, text]) => [path, bytes(text)])), { level }));
await write('fflate-streamed', () => {
  const parts = [];
  const zip = new fflate.Zip((error, part) => parts.push(Buffer.from(part)));
  for (const [path, text] of FILES) {
    const file = new fflate.ZipDeflate(path);
    zip.add(file);
    file.push(bytes(text), true);
  }
  zip.end();
  return Buffer.concat(parts);
});

const zipjs = await import('@zip.js/zip.js');
zipjs.configure({ useWebWorkers: false });
for (const level of [0, 6])
  for (const zip64 of [false, true])
    for (const dataDescriptor of [false, true])
      for (const extendedTimestamp of [false, true])
        await write(`zip.js-${level}-${zip64}-${dataDescriptor}-${extendedTimestamp}`, async () => {
          const writer = new zipjs.ZipWriter(new zipjs.Uint8ArrayWriter(), { zip64 });
          for (const [path, text] of FILES)
            await writer.add(path, new zipjs.TextReader(text), { level, zip64, dataDescriptor, extendedTimestamp });
          return writer.close();
        });

const { default: AdmZip } = await import('adm-zip');
await write('adm-zip', () => {
  const zip = new AdmZip();
  for (const [path, text] of FILES) zip.addFile(path, Buffer.from(text));
  return zip.toBuffer();
});

const { downloadZip } = await import('client-zip');
for (const metadata of [undefined, FILES.map(([name, text]) => ({ name, size: bytes(text).length }))])
  await write(`client-zip-${metadata ? 'sized' : 'plain'}`, async () => {
    const files = FILES.map(([name, input]) => ({ name, input, lastModified: new Date(0) }));
    return Buffer.from(await downloadZip(files, { metadata }).arrayBuffer());
  });

const { default: compressing } = await import('compressing');
await write('compressing', () => {
  const zip = new compressing.zip.Stream();
  for (const [path, text] of FILES) zip.addEntry(Buffer.from(text || ' '), { relativePath: path });
  return buffer(zip);
});

await write('littlezipper', async () => {
  const { createZip } = await import('littlezipper');
  return createZip(FILES.map(([path, data]) => ({ path, data })));
});

const { default: uzip } = await import('uzip');
await write('uzip', () => Buffer.from(uzip.encode(Object.fromEntries(FILES.map(([path, text]) => [path, bytes(text)])))));
