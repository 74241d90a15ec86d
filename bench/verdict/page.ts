import type { Caught, HonestPair } from './measure.ts';
import { knownWrong } from './known-wrong.ts';
import { findings, nearest, sensitisedPart, share } from './page-parts.ts';
import { RULES } from './others.ts';

/** What one run of the bench found. */
export interface Result {
  readonly pairs: readonly HonestPair[];
  readonly bugs: readonly Caught[];
  readonly seeds: { readonly correct: readonly number[]; readonly bugs: readonly number[] };
  readonly versions: string;
}

const alarmed = ({ row }: HonestPair): boolean => row.verdict !== 'match' && row.verdict !== 'vacuous';
const real = ({ bug }: Caught): boolean => bug.unseen?.same !== true;
const seen = ({ row }: Caught): boolean => row.verdict === 'mismatch';

/** docs/verdict.md. */
export function verdictPage(measured: Result): string {
  const { seeds, versions } = measured;
  const pairs = measured.pairs.filter((pair) => knownWrong(pair) === null);
  const bugs = measured.bugs.filter(({ bug }) => bug.sensitised !== true);
  const result = { ...measured, pairs, bugs };
  const kinds = new Set(bugs.map(({ bug }) => bug.kind));
  return `# How far the verdict can be trusted

Written by \`npm run bench:verdict\` (${versions}; seeds of the correct implementations ${seeds.correct.join(', ')}, of the bugs ${seeds.bugs.join(', ')}).
Every pair and every bug goes through stages 1 to 5 of \`check\`, as a recorded trace does.

## The same run, judged by different rules

${comparison(result)}

A false alarm is a correct implementation that is called wrong. The rules of others compare with the framework alone, element by element or as a
whole, and are shown on what is kept in float32 (${pairs.filter(({ others }) => others !== null).length} of the pairs); ours is shown on all. Some bugs change
nothing in exact arithmetic (a softmax without its maximum subtracted, on ordinary logits): to see those is a false alarm, too, and the last column
leaves them out.

## Correct implementations: ${count(pairs.length)} pairs, ${pairs.filter(alarmed).length} false alarms

One pair is one tensor, a value or a gradient, of one correct implementation against ONNX Runtime without optimisation on one thread.

${bySubject(pairs)}

${nearest(pairs)}

Cases: ${[...new Set(pairs.map(({ plan }) => plan))].join('; ')}.

A type whose range the numbers leave (1e15 in float16) is no correct way of storing them and is left out. Where a narrow type stores everything
as zero the verdict is \`vacuous\`, which is neither a match nor an alarm.
${listOf(pairs.filter(alarmed).map(alarmLine), '\nFalse alarms:\n')}
${findings(measured.pairs)}
## Bugs: ${count(bugs.length)} of ${kinds.size} kinds, ${percent(bugs.filter(seen).length, bugs.length)} caught (${percent(bugs.filter(real).filter(seen).length, bugs.filter(real).length)} of the ${count(bugs.filter(real).length)} that are bugs in exact arithmetic too)

${byDirection(bugs)}

All on generic random inputs. In ${bugs.filter(({ blamed }) => blamed.length > 0).length} of them a right gradient of the same layer was blamed besides.

Not seen:

${listOf(missedLines(bugs), '')}
${sensitisedPart(measured.bugs)}`;
}

function comparison({ pairs, bugs }: Result): string {
  const narrow = pairs.filter(({ others }) => others !== null);
  const changing = bugs.filter(real);
  const head =
    '| rule | false alarms | forward | backward | bugs caught | forward | backward | of those that change the exact numbers |\n|---|---|---|---|---|---|---|---|';
  const line = (
    name: string,
    all: readonly HonestPair[],
    alarm: (p: HonestPair) => boolean,
    hit: (c: Caught) => boolean,
  ): string => {
    const way = (direction: string) =>
      [all.filter((p) => p.row.direction === direction), bugs.filter((c) => c.row.direction === direction)] as const;
    const [forward, forwardBugs] = way('forward');
    const [backward, backwardBugs] = way('backward');
    const cells = [
      percent(all.filter(alarm).length, all.length),
      percent(forward.filter(alarm).length, forward.length),
      percent(backward.filter(alarm).length, backward.length),
      percent(bugs.filter(hit).length, bugs.length),
      percent(forwardBugs.filter(hit).length, forwardBugs.length),
      percent(backwardBugs.filter(hit).length, backwardBugs.length),
      percent(changing.filter(hit).length, changing.length),
    ];
    return `| ${name} | ${cells.join(' | ')} |`;
  };
  const others = RULES.map(({ name }) =>
    line(
      name,
      narrow,
      (p) => p.others?.get(name) === false,
      (c) => c.others.get(name) === false,
    ),
  );
  return [head, line('**calibrated (the default)**', pairs, alarmed, seen), ...others].join('\n');
}

function bySubject(pairs: readonly HonestPair[]): string {
  const subjects = [...new Set(pairs.map(({ subject }) => subject))];
  const lines = subjects.map((subject) => {
    const mine = pairs.filter((pair) => pair.subject === subject);
    const closest = mine
      .filter(({ row }) => row.verdict === 'match')
      .reduce((most, pair) => Math.max(most, share(pair)), 0);
    const vacuous = mine.filter(({ row }) => row.verdict === 'vacuous').length;
    return `| ${subject} | ${mine.length} | ${mine.filter(alarmed).length} | ${vacuous} | ${closest.toFixed(2)} |`;
  });
  return [
    '| implementation | pairs | false alarms | vacuous | of those that needed a second look, nearest to an alarm (measured / allowed; 0: none did) |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function byDirection(bugs: readonly Caught[]): string {
  const lines = (['forward', 'backward'] as const).map((direction) => {
    const mine = bugs.filter(({ row }) => row.direction === direction);
    const precise = mine.filter(({ row }) => row.band === 'precision').length;
    const kinds = new Set(mine.map(({ bug }) => bug.kind)).size;
    return `| ${direction} | ${kinds} | ${mine.length} | ${mine.filter(seen).length} | ${precise} |`;
  });
  return [
    '| direction | kinds | bugs | caught | of them in the band `precision` |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function missedLines(bugs: readonly Caught[]): string[] {
  const missed = new Map<string, Caught[]>();
  for (const one of bugs.filter((b) => !seen(b))) missed.set(one.bug.kind, [...(missed.get(one.bug.kind) ?? []), one]);
  return [...missed].map(([kind, ones]) => {
    const { bug, row } = ones[0] as Caught;
    const numbers = `off by ${text(row.local?.rms)}, where ${text(row.allowed?.rms)} is allowed`;
    return `- ${kind} (${bug.plan}), ${ones.length}×: ${bug.unseen?.why ?? 'less than honest noise here'} (${numbers})`;
  });
}

const alarmLine = ({ plan, seed, subject, row }: HonestPair): string =>
  `- ${plan}, seed ${seed}, ${subject}, ${row.direction} ${row.tensor}: ${row.verdict}, ${text(row.local?.rms)} where ${text(row.allowed?.rms)} is allowed (${row.allowed?.because ?? row.reason ?? ''})`;

const text = (x: number | string | undefined): string => (typeof x === 'number' ? x.toPrecision(2) : String(x));
const count = (n: number): string => n.toLocaleString('en-US');
const percent = (part: number, whole: number): string =>
  part === whole && whole > 0 ? '100 %' : part === 0 ? '0' : `${((100 * part) / whole).toFixed(2)} %`;
const listOf = (lines: readonly string[], title: string): string =>
  lines.length === 0 ? '' : `${title}${lines.join('\n')}\n`;
