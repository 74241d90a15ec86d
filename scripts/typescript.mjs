// Lets a script use the project's own TypeScript on a Node that cannot read it: bundled in memory by esbuild.
import { build } from 'esbuild';

/** The exports of a TypeScript module and of all that it imports from this project. */
export async function importTypeScript(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`);
}
