import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isLayerdiffError, LayerdiffError } from '../harness/errors.ts';

/** File endings that are modules, not data. */
export const MODULE = /\.(?:ts|mts|cts|js|mjs|cjs)$/;

/**
 * Imports a user's module: JavaScript natively, TypeScript through jiti where this Node cannot strip types.
 * @throws E_FILE where it does not exist, E_SUBJECT where it throws while loading
 */
export async function loadModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const full = resolve(path);
  if (!existsSync(full)) throw new LayerdiffError('E_FILE', path, 'there is no such file', 'Check the path.');
  try {
    if (/\.[cm]?ts$/.test(full)) {
      const { createJiti } = await import('jiti');
      // A first configuration imports 'layerdiff' where it is not installed, too (npx, a global installation).
      const alias = { layerdiff: fileURLToPath(new URL(`../index${extname(import.meta.url)}`, import.meta.url)) };
      return await createJiti(import.meta.url, { interopDefault: false, fsCache: false, alias }).import(full);
    }
    return (await import(pathToFileURL(full).href)) as Record<string, unknown>;
  } catch (error) {
    if (isLayerdiffError(error)) throw error;
    throw threw(path, 'it threw while loading', error);
  }
}

/** What a module offers: its default export, or the one export of that name; a function is called for it. */
export async function exported(path: string, name: string): Promise<unknown> {
  const module = await loadModule(path);
  const found = module.default ?? module[name];
  if (found === undefined) {
    const has = Object.keys(module).join(', ') || 'nothing';
    throw new LayerdiffError('E_SUBJECT', path, `it exports ${has}`, `Export the ${name} as default.`);
  }
  if (typeof found !== 'function') return found;
  try {
    return await (found as () => unknown)();
  } catch (error) {
    if (isLayerdiffError(error)) throw error;
    throw threw(path, 'its exported function threw', error);
  }
}

function threw(path: string, what: string, error: unknown): LayerdiffError {
  const reason = String((error as Error | null)?.message ?? error).split('\n')[0];
  return new LayerdiffError(
    'E_SUBJECT',
    path,
    `${what}: ${reason}`,
    'Run it by itself to see where (or add --debug).',
    {
      cause: error,
    },
  );
}
