// Writes docs/causes/: one page a cause, and an index, from harness/causes.
// usage: node scripts/causes.mjs [--check]     --check fails, and writes nothing, where a page is not up to date
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from './typescript.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'docs/causes');
const { causeFamilies } = await importTypeScript(join(root, 'harness/causes/index.ts'));

/** The files of the zoo, and what they say. They read files beside them, so they cannot be imported from memory. */
const zoo = readdirSync(join(root, 'models/mutants'))
  .filter((file) => file.endsWith('.ts') && !file.startsWith('_'))
  .map((file) => ({ file, text: readFileSync(join(root, 'models/mutants', file), 'utf8') }));

const NOTE = '<!-- Written by scripts/causes.mjs from harness/causes: do not edit. -->';

/** What Markdown would read as markup. */
const escaped = (text) => text.replace(/([*_<>|])/g, '\\$1');

function page({ id, where, what, symptom, proof, fix, seenIn = [] }) {
  const mutants = zoo.filter(({ text }) => text.includes(`cause: '${id}'`));
  const sections = [
    ['Symptom', escaped(symptom)],
    ['How it is proven', escaped(proof)],
    ['Fix', escaped(fix)],
    ['Seen in', seenIn.map((thread) => `- ${link(thread)}`).join('\n')],
    ['In the zoo', mutants.map(({ file }) => `- [${file}](../../models/mutants/${file})`).join('\n')],
  ].filter(([, text]) => text !== '');
  return [
    NOTE,
    `# ${id}`,
    '',
    `${escaped(what)} (${where})`,
    ...sections.flatMap(([title, text]) => ['', `## ${title}`, '', text]),
    '',
  ].join('\n');
}

/** A thread on GitHub; a pull request's number leads there too. */
function link(thread) {
  const [repository, number] = thread.split('#');
  return `[${escaped(thread)}](https://github.com/${repository}/issues/${number})`;
}

function index() {
  const families = causeFamilies.flatMap(({ title, causes }) => [
    '',
    `## ${title}`,
    '',
    '| cause | what was done instead |',
    '|---|---|',
    ...causes.map(({ id, what }) => `| [${id}](${id}.md) | ${escaped(what)} |`),
  ]);
  const heading = ['# Causes', '', 'The names that a diagnosis may give; `layerdiff explain CAUSE` says the same.'];
  return [NOTE, ...heading, ...families, ''].join('\n');
}

const pages = new Map(causeFamilies.flatMap(({ causes }) => causes.map((cause) => [`${cause.id}.md`, page(cause)])));
pages.set('README.md', index());

const check = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
const gone = readdirSync(folder).filter((file) => !pages.has(file));
const changed = [...pages].filter(([file, text]) => {
  const path = join(folder, file);
  return !existsSync(path) || readFileSync(path, 'utf8') !== text;
});
if (check && gone.length + changed.length > 0) {
  const names = [...gone, ...changed.map(([file]) => file)].slice(0, 5).join(', ');
  console.error(`docs/causes is not up to date (${names}): run "node scripts/causes.mjs"`);
  process.exit(1);
}
for (const file of gone) rmSync(join(folder, file));
for (const [file, text] of changed) writeFileSync(join(folder, file), text);
