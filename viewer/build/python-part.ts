/** Puts beside the built viewer what de-identifies in the browser: Pyodide as published, and our Python as a zip. */

import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const published = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
const RUNTIME = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'pyodide-lock.json', 'python_stdlib.zip'];

export function pythonPart(outDir: string): Plugin {
  return { name: 'python-part', apply: 'build', closeBundle: () => Promise.all([copyRuntime(outDir), pack(outDir)]).then(() => undefined) };
}

async function copyRuntime(outDir: string): Promise<void> {
  const target = join(outDir, 'pyodide');
  await mkdir(target, { recursive: true });
  await Promise.all(RUNTIME.map((name) => cp(join(published, name), join(target, name))));
}

async function pack(outDir: string): Promise<void> {
  const python = process.env.PYTHON ?? here('../../.venv/bin/python');
  await promisify(execFile)(python, [here('../pack_python.py'), join(outDir, 'firstlight-dicom.zip')]);
}
