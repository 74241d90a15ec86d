import type { Dispute } from '../types/report.ts';
import type { Finding } from './cross.ts';

/**
 * Where two references disagree, and with whom the oracle sides. It has run both graphs: `onFirst` is what it says of the second reference by the
 * first one's graph, `onSecond` of the first by the second's. Where each is right by its own graph, the two are not the same network.
 */
export function disputesOf(
  [first, second]: readonly [string, string],
  onFirst: readonly Finding[],
  onSecond: readonly Finding[],
): readonly Dispute[] {
  const other = new Map(onSecond.map((finding) => [`${finding.direction} ${finding.theirName}`, finding]));
  const disputes: Dispute[] = [];
  for (const finding of onFirst) {
    const key = `${finding.direction} ${finding.tensor}`;
    const mirrored = other.get(key);
    other.delete(key);
    disputes.push(dispute([first, second], finding.tensor, finding, mirrored));
  }
  for (const finding of other.values()) disputes.push(dispute([first, second], finding.theirName, undefined, finding));
  return disputes;
}

function dispute(
  between: readonly [string, string],
  tensor: string,
  onFirst: Finding | undefined,
  onSecond: Finding | undefined,
): Dispute {
  const [first, second] = between;
  // By the first one's graph the second is the judged one; by the second's it is the judge.
  const againstFirst = onFirst?.against === 'judge' || onSecond?.against === 'judged';
  const againstSecond = onFirst?.against === 'judged' || onSecond?.against === 'judge';
  const sides = againstFirst === againstSecond ? null : againstFirst ? second : first;
  const { direction, because } = (onFirst ?? onSecond) as Finding;
  return { tensor, direction, between, sides, because: sides === null ? openness(onFirst, onSecond) : because };
}

/** Why nobody is right. */
function openness(onFirst: Finding | undefined, onSecond: Finding | undefined): string {
  if (onFirst?.against === 'both' || onSecond?.against === 'both') return 'the oracle sides with neither';
  if (onFirst?.against === 'judged' && onSecond?.against === 'judged')
    return 'each is right by its own graph: they are not the same network';
  return (onFirst ?? (onSecond as Finding)).because;
}
