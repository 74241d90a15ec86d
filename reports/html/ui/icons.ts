import type { Outcome, Verdict } from '../../../harness/types/report.ts';
import { s } from './dom.ts';

/** Drawn, not typed: not every font has the signs, and shape must tell what colour tells. */
const PATHS: Readonly<Record<Verdict | 'inconclusive', string>> = {
  match: 'M4 8.6l2.8 2.8L12 5',
  mismatch: 'M5 5l6 6M11 5l-6 6',
  incomparable: 'M5.6 6.2a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.4M8 12v.4',
  inconclusive: 'M5.6 6.2a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.4M8 12v.4',
  unseen: 'M5 8h6',
  vacuous: 'M4.6 11.4l6.8-6.8',
};
const RINGED: readonly string[] = ['unseen', 'vacuous'];

export function icon(kind: Verdict | Outcome, size = 16): SVGSVGElement {
  const ringed = RINGED.includes(kind);
  return s(
    'svg',
    {
      viewBox: '0 0 16 16',
      width: size,
      height: size,
      class: `icon ${kind}${ringed ? ' ringed' : ''}`,
      'aria-hidden': 'true',
    },
    s('circle', { cx: 8, cy: 8, r: ringed ? 6.6 : 7.6 }),
    s('path', { d: PATHS[kind] }),
  );
}
