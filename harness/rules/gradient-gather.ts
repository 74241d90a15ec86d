import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, withData } from './_back.ts';

/** Rows that are looked up more than once get the sum of their gradients: here one look-up overwrites another. */
export const gatherGradient: Rule = {
  id: 'gradient-gather',
  ops: ['Gather', 'GatherElements', 'GatherND'],
  *backward({ node, inputs, slot, cotangents, attributes, run }): Iterable<BackwardHypothesis> {
    const [x, dy] = [inputs[0], cotangents[0]];
    if (slot !== 0 || x === undefined || dy === undefined) return;
    // Looking up a tensor of its own offsets says where each element of the output comes from.
    const places = withData(
      x,
      x.data.map((_, i) => i),
    );
    const offsets = run(node.op, [places, ...inputs.slice(1)], attributes)?.[0]?.data;
    if (offsets === undefined || offsets.length !== dy.data.length) return;
    const [last, first, count, sum] = [0, 1, 2, 3].map(() => new Float64Array(x.data.length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    offsets.forEach((at, i) => {
      const d = dy.data[i] as number;
      last[at] = d;
      if (count[at] === 0) first[at] = d;
      count[at] = (count[at] as number) + 1;
      sum[at] = (sum[at] as number) + d;
    });
    const repeated = count.reduce((n, c) => n + (c > 1 ? 1 : 0), 0);
    if (repeated === 0) return;
    const share = `${repeated} of ${count.reduce((n, c) => n + (c > 0 ? 1 : 0), 0)} elements that are looked up are looked up more than once`;
    const fix = 'Add each gradient to its row (+=), starting from zero.';
    const told = (what: string, part: Float64Array): BackwardHypothesis =>
      sent('gradient.duplicates-overwritten', `${share}, and ${what}`, fix, part);
    yield told('only the last look-up keeps its gradient', last);
    yield told('only the first look-up keeps its gradient', first);
    yield told(
      'their gradients are averaged, not summed',
      sum.map((s, at) => s / Math.max(1, count[at] as number)),
    );
  },
};
