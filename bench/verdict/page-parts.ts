import { KNOWN_WRONG, knownWrong } from './known-wrong.ts';
import type { Caught, HonestPair } from './measure.ts';

/** The verdict looked twice: what was beyond the first allowance was given one that randomly rounded replays had widened. */
export const lookedTwice = ({ row }: HonestPair): boolean =>
  row.allowed?.because.includes('rounded at random') === true;

/** How near an alarm a pair came: what passes at the first look would have been given a second, so only those that needed it count. */
export const share = (pair: HonestPair): number =>
  pair.row.local === null || !lookedTwice(pair) ? 0 : Number(pair.row.local.rms) / Number(pair.row.allowed?.rms);

const NEAREST = 6;

/** The honest pairs that came nearest to an alarm, and what was allowed because of what. */
export function nearest(pairs: readonly HonestPair[]): string {
  const matches = pairs.filter(({ row }) => row.verdict === 'match').toSorted((a, b) => share(b) - share(a));
  const lines = matches.slice(0, NEAREST).map((pair) => {
    const { plan, seed, subject, row } = pair;
    return `- ${share(pair).toFixed(2)}: ${plan}, seed ${seed}, ${subject}, ${row.direction} ${row.tensor} of ${row.local?.elements} elements (${row.allowed?.because})`;
  });
  const twice = matches.filter(lookedTwice).length;
  return `What is beyond its allowance at the first look gets a second, for which the floor is that of more replays, rounded at random. ${twice} of ${matches.length} pairs needed it; how near an alarm they came then is the margin:\n\n${lines.join('\n')}`;
}

/** What is wrong in known libraries, as the bench found it. */
export function findings(pairs: readonly HonestPair[]): string {
  const lines = KNOWN_WRONG.map((known) => {
    const mine = pairs.filter((pair) => knownWrong(pair) === known);
    const caught = mine.filter(({ row }) => row.verdict === 'mismatch').length;
    return `- ${known.proof}. Reported as \`mismatch\` in ${caught} of ${mine.length} runs; not counted among the pairs above.`;
  });
  return `## Found wrong in known libraries\n\n${lines.join('\n')}\n`;
}

/** Bugs on inputs that are there to show them: all must be seen. */
export function sensitisedPart(bugs: readonly Caught[]): string {
  const mine = bugs.filter(({ bug }) => bug.sensitised === true);
  const kinds = [...new Set(mine.map(({ bug }) => bug.kind))];
  const lines = kinds.map((kind) => {
    const ones = mine.filter(({ bug }) => bug.kind === kind);
    const caught = ones.filter(({ row }) => row.verdict === 'mismatch').length;
    const { bug, row } = ones[0] as Caught;
    const bands = [...new Set(ones.map((one) => one.row.band))].join(', ');
    return `| ${kind.replace('sensitised: ', '')} | ${bug.plan} | ${row.direction} | ${caught} of ${ones.length} | ${bands} |`;
  });
  const caught = mine.filter(({ row }) => row.verdict === 'mismatch').length;
  return `
## On inputs made to show them: ${caught} of ${mine.length} caught

Bugs that ordinary inputs hide or nearly hide: large logits, small variances, sums without cancellation, sure predictions.

| bug | inputs | direction | caught | band |
|---|---|---|---|---|
${lines.join('\n')}
`;
}
