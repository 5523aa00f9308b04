/** Copies Pretendard (OFL) beside the built viewer: its variable dynamic subset for pages, whole weights for print. */

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const packageDir = dirname(createRequire(import.meta.url).resolve('pretendard/package.json'));
const source = join(packageDir, 'dist/web/variable');

/** What the server sets PDFs in. */
const printed = ['Pretendard-Regular.otf', 'Pretendard-SemiBold.otf', 'Pretendard-Bold.otf'];

export function pretendard(outDir: string): Plugin {
  return { name: 'pretendard', apply: 'build', closeBundle: () => copyFonts(join(outDir, 'fonts')) };
}

async function copyFonts(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await cp(join(source, 'woff2-dynamic-subset'), target, { recursive: true });
  for (const weight of printed) await cp(join(packageDir, 'dist/public/static', weight), join(target, weight));
  const css = await readFile(join(source, 'pretendardvariable-dynamic-subset.css'), 'utf8');
  await cp(join(packageDir, 'dist/LICENSE.txt'), join(target, 'LICENSE.txt'));
  const moved = css.replaceAll('./woff2-dynamic-subset/', './');
  await writeFile(join(target, 'pretendard.css'), moved);
  // For pages whose image matters more than their letters: a font that is not there yet is used on the next page.
  await writeFile(join(target, 'pretendard-optional.css'), moved.replaceAll('font-display: swap', 'font-display: optional'));
}
