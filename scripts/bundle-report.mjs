// Bundles reports/html/ui (TypeScript and style) into reports/html/ui/generated/bundle.ts: strings that the HTML report embeds, with
// the hashes that its content-security policy names. Tracked, so that the built package needs no bundler.
// usage: node scripts/bundle-report.mjs [--check]     --check fails, and writes nothing, where the bundle is not up to date
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ui = join(root, 'reports/html/ui');
const target = join(ui, 'generated/bundle.ts');

async function bundled(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [join(ui, entry)],
    bundle: true,
    minify: true,
    write: false,
    charset: 'ascii',
    logLevel: 'error',
    ...options,
  });
  return outputFiles[0].text.trim();
}

/** A name as a CSP wants it. */
const hashOf = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const script = await bundled('main.ts', { format: 'iife', target: ['chrome120', 'firefox121', 'safari17.5'] });
const style = await bundled('style.css', { target: ['chrome123', 'firefox121', 'safari17.5'] });
if (/<\/(script|style)|<!--/i.test(script + style)) throw new Error('the bundle would end its own element');
const text = [
  '// Written by scripts/bundle-report.mjs: do not edit.',
  ...Object.entries({ script, scriptHash: hashOf(script), style, styleHash: hashOf(style) }).map(
    ([name, value]) => `export const ${name}: string = ${JSON.stringify(value)};`,
  ),
  '',
].join('\n');
const current = existsSync(target) && readFileSync(target, 'utf8') === text;
if (process.argv.includes('--check')) {
  if (!current)
    console.error('reports/html/ui/generated/bundle.ts is not up to date: run "node scripts/bundle-report.mjs"');
  process.exit(current ? 0 : 1);
}
mkdirSync(dirname(target), { recursive: true });
if (!current) writeFileSync(target, text);
