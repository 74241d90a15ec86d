import { causeFamilies, causeOf, type CauseEntry } from '../../harness/causes/index.ts';
import type { AddCommand } from './index.ts';

/** `layerdiff explain CAUSE`: what a cause looks like, how it is proven, and what to change. */
export const addExplain: AddCommand = (program, done) => {
  program
    .command('explain')
    .description('symptom, proof and fix of a cause that a report names (without one: all causes)')
    .argument('[cause]', 'id of a cause, as in a report: norm.epsilon')
    .option('--json', 'print it as JSON, and nothing else')
    .action((id: string | undefined, flags: { json?: boolean }) => {
      const found = id === undefined ? causeFamilies : causeOf(id);
      const text = 'id' in found ? explained(found) : listed();
      process.stdout.write(flags.json === true ? `${JSON.stringify(found, null, 2)}\n` : text);
      done(0);
    });
};

/** One cause for a person to read, wrapped to a terminal's width. */
function explained({ id, where, what, symptom, proof, fix, seenIn = [] }: CauseEntry): string {
  const parts = Object.entries({ symptom, proof, fix, 'seen in': seenIn.join(', ') }).filter(([, text]) => text !== '');
  const width = Math.max(40, Math.min(100, process.stdout.columns ?? 100));
  const told = parts.map(
    ([name, text]) => `  ${name.padEnd(9)}${wrapped(text, width - 11).join(`\n${' '.repeat(11)}`)}`,
  );
  return `${[`${id}  (${where})`, `  ${what}`, '', ...told].join('\n')}\n`;
}

function wrapped(text: string, width: number): readonly string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1] as string;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function listed(): string {
  const width = Math.max(...causeFamilies.flatMap(({ causes }) => causes.map(({ id }) => id.length)));
  const families = causeFamilies.map(({ title, causes }) =>
    [title, ...causes.map(({ id, what }) => `  ${id.padEnd(width)}  ${what}`), ''].join('\n'),
  );
  return `${families.join('\n')}\nlayerdiff explain CAUSE says more of one.\n`;
}
