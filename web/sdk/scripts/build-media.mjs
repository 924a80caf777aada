// Gathers what media processing loads on demand in one folder, to be served beside a page:
// `node build-media.mjs [FOLDER]`, by default dist/media.

import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const sdk = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = resolve(process.argv[2] ?? resolve(sdk, 'dist/media'));
const { resolve: find } = createRequire(import.meta.url);

/** Programs that run beside the page's: each becomes one file without imports. */
const programs = ['processing/voice-worklet', 'e2ee/e2ee-worker'];

const copies = [
  // Noise suppression.
  ...['rnnoise.wasm', 'rnnoise_simd.wasm'].map((name) =>
    find(`@sapphi-red/web-noise-suppressor/${name}`),
  ),
  // Who is the person in a picture. Every browser that can do the rest has vector instructions.
  ...[
    'selfie_segmentation.js',
    'selfie_segmentation.binarypb',
    'selfie_segmentation.tflite',
    'selfie_segmentation_landscape.tflite',
    'selfie_segmentation_solution_simd_wasm_bin.js',
    'selfie_segmentation_solution_simd_wasm_bin.wasm',
  ].map((name) => find(`@mediapipe/selfie_segmentation/${name}`)),
];

copies.push(resolve(sdk, 'scripts/media-licences.txt'));

await mkdir(folder, { recursive: true });
for (const program of programs) {
  const name = program.split('/').at(-1);
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: false,
      lib: {
        entry: resolve(sdk, `src/${program}.ts`),
        formats: ['es'],
        fileName: () => `${name}.js`,
      },
    },
  });
}
for (const file of copies) await copyFile(file, resolve(folder, file.split(/[\\/]/).at(-1)));
