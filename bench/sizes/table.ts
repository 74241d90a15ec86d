import type { Bug } from './bugs.ts';
import type { Outcome } from './judge.ts';

export const HEAD = [
  '| network | subject | tensors | match | vacuous | verdict | seconds | reference | oracle | oracle’s share | peak MiB |',
  '|---|---|---|---|---|---|---|---|---|---|---|',
].join('\n');

/** One row of the table. */
export function lineOf(network: string, what: string, bug: Bug | null, outcome: Outcome): string {
  const { seconds } = outcome;
  const subject = bug === null ? what.replace('clean:', 'correct, ') : `${what}: ${bug.layer}, ${bug.kind}`;
  const cells = [
    network,
    subject,
    outcome.tensors,
    outcome.matches,
    outcome.vacuous,
    verdictOf(bug, outcome),
    seconds.total.toFixed(1),
    seconds.reference.toFixed(1),
    seconds.oracle.toFixed(1),
    `${((100 * seconds.oracle) / seconds.total).toFixed(0)} %`,
    outcome.peakMiB,
  ];
  return `| ${cells.join(' | ')} |`;
}

function verdictOf(bug: Bug | null, { faulty, located, blamed }: Outcome): string {
  if (bug === null) return faulty.length === 0 ? 'silent' : `FALSE ALARM: ${few(faulty)}`;
  const besides = blamed.length === 0 ? '' : `, BLAMED BESIDES: ${few(blamed)}`;
  return `${located ? 'located' : 'MISSED'}${besides}`;
}

const few = (names: readonly string[]): string =>
  names.slice(0, 4).join('; ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
