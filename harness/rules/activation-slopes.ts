import type { Value } from '../types/oracle.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { near, shown } from './_numbers.ts';
import { patch } from './_patch.ts';

/** What people make of a stored slope by mistake. */
const MISREAD: readonly { readonly what: string; readonly of: (slope: number) => number }[] = [
  { what: 'squared', of: (a) => a * a },
  { what: 'with the opposite sign', of: (a) => -a },
  { what: 'without their sign', of: Math.abs },
  { what: 'inverted (1/a)', of: (a) => 1 / a },
  { what: 'through an exponential', of: Math.exp },
  { what: 'as 1 − a', of: (a) => 1 - a },
  { what: 'as 1 + a', of: (a) => 1 + a },
];

/** PReLU with other slopes than the stored ones, one of them for each channel: misread, in another order, or solved from the negative half. */
export const activationSlopes: Rule = {
  id: 'activation-slopes',
  ops: ['PRelu'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs, direct } = context;
    const [x, slope] = inputs;
    if (x === undefined || slope === undefined) return;
    const { data } = slope;
    for (const { what, of } of MISREAD) {
      const changed = data.map(of);
      if (changed.every((a, i) => near(a, data[i] as number)) || !changed.every(Number.isFinite)) continue;
      yield told(context, changed, `taken ${what}: ${listed(changed)}`);
    }
    if (data.length < 2) return;
    yield told(context, data.toReversed(), 'in reverse order');
    if (!direct) return;
    const found = slopesFrom(context, x, slope);
    if (found === null || found.every((a, i) => near(a, data[i] as number))) return;
    const same = found.every((a) => near(a, found[0] as number));
    yield told(context, found, same ? `all ${shown(found[0] as number)}` : listed(found), 2);

    function told(given: ForwardContext, slopes: Float64Array, how: string, specificity: 2 | 3 = 3): ForwardHypothesis {
      const p = patch(given);
      return {
        cause: 'activation.slope',
        claim: `the slopes for negative inputs are ${how}; the model says ${listed(data)}`,
        fix: `Multiply negative inputs by the stored slopes (${node.inputs[1]}) as they are, each its own channel.`,
        specificity,
        edit: p.edit(p.emit('PRelu', [node.inputs[0] as string, p.numbers((slope as Value).shape, slopes)])),
      };
    }
  },
};

/** At least so many negative elements a slope: fewer would meet any. */
const FEWEST = 4;

/** The slope of each channel by least squares over its negative elements; null where one of them has too few. */
function slopesFrom({ run, subject }: ForwardContext, x: Value, slope: Value): Float64Array | null {
  if (x.data.length !== subject.data.length) return null;
  const places = { ...slope, dtype: 'float64' as const, data: slope.data.map((_, i) => i) };
  const spread = run('Add', [{ ...x, dtype: 'float64', data: new Float64Array(x.data.length) }, places])?.[0];
  if (spread === undefined || spread.data.length !== x.data.length) return null;
  const [dots, squares, counts] = [0, 1, 2].map(() => new Float64Array(slope.data.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  x.data.forEach((a, i) => {
    const [k, b] = [spread.data[i] as number, subject.data[i] as number];
    if (!(a < 0) || !Number.isFinite(b)) return;
    dots[k] = (dots[k] as number) + a * b;
    squares[k] = (squares[k] as number) + a * a;
    counts[k] = (counts[k] as number) + 1;
  });
  return counts.every((count) => count >= FEWEST) ? dots.map((dot, k) => dot / (squares[k] as number)) : null;
}

const MOST_SHOWN = 4;

function listed(data: Float64Array): string {
  const first = Array.from(data.slice(0, MOST_SHOWN), shown).join(', ');
  return data.length > MOST_SHOWN ? `${first}, …` : first;
}
