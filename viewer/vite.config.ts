import { defineConfig } from 'vite';
import { fileURLToPath } from 'node:url';
import { pretendard } from './build/fonts.ts';
import { leaveOut } from './build/leave-out.ts';
import { pythonPart } from './build/python-part.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here('../firstlight/web/static/viewer');

/** Each entry keeps its name, so that a page can point at it: `viewer.js`, `deidentify.js`; so does its style sheet. */
const entries = { viewer: here('src/viewer.ts'), deidentify: here('src/deidentify/deidentify.ts') };
const styleSheets = Object.keys(entries).map((name) => `${name}.css`);

export default defineConfig({
  base: './',
  plugins: [leaveOut(), pretendard(outDir), pythonPart(outDir)],
  // vtk.js reaches for node's `events` and `url`; Vite would leave them out and the page would not start.
  resolve: { alias: { events: 'events/', url: 'url/', dcmjs: here('build/dcmjs-part.ts') } },
  worker: { format: 'es', plugins: () => [leaveOut()] },
  build: {
    target: 'es2022',
    outDir,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: entries,
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: ({ names }) => names.find((name) => styleSheets.includes(name)) ?? 'assets/[name]-[hash][extname]',
      },
    },
  },
});
