/** Copies Pretendard's variable dynamic subset (OFL) beside the built viewer. */

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const packageDir = dirname(createRequire(import.meta.url).resolve('pretendard/package.json'));
const source = join(packageDir, 'dist/web/variable');

export function pretendard(outDir: string): Plugin {
  return { name: 'pretendard', apply: 'build', closeBundle: () => copyFonts(join(outDir, 'fonts')) };
}

async function copyFonts(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await cp(join(source, 'woff2-dynamic-subset'), target, { recursive: true });
  const css = await readFile(join(source, 'pretendardvariable-dynamic-subset.css'), 'utf8');
  await cp(join(packageDir, 'dist/LICENSE.txt'), join(target, 'LICENSE.txt'));
  await writeFile(join(target, 'pretendard.css'), css.replaceAll('./woff2-dynamic-subset/', './'));
}
