import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { patch } from './_patch.ts';
import { rotationAt, turnedBy } from './_rotation.ts';

/** Rotary positions written out, x · cos + turned(x) · sin: neighbours turned with neighbours' angles, or by another position. */
export const ropeWritten: Rule = {
  id: 'rope-written',
  ops: ['Add'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, wiring, outputs } = context;
    const found = rotationAt(wiring, node.inputs);
    const shape = outputs[0]?.shape ?? [];
    const size = shape.at(-1) ?? 0;
    if (found === null || size < 4 || size % 2 !== 0) return;
    const places = Array.from({ length: size }, (_, i) => i);
    const neighbours = patch(context);
    const other = neighbours.take(
      found.x,
      places.map((i) => i ^ 1),
      shape.length - 1,
    );
    const turned = neighbours.emit('Mul', [
      other,
      neighbours.numbers(
        [size],
        places.map((i) => (i % 2 === 0 ? -1 : 1)),
      ),
    ]);
    // The tables hold each angle twice, half a head apart; neighbours have it beside each other.
    const pairs = (name: string): string =>
      neighbours.take(
        name,
        places.map((i) => i >> 1),
        -1,
      );
    yield {
      cause: 'rope.pairing',
      specificity: 3,
      claim: 'neighbours (2i, 2i + 1) are turned together, the model turns halves (i, i + size/2)',
      fix: 'Turn elements i and i + size/2 of each head together.',
      edit: neighbours.edit(
        neighbours.emit('Add', [
          neighbours.emit('Mul', [found.x, pairs(found.cos)]),
          neighbours.emit('Mul', [turned, pairs(found.sin)]),
        ]),
      ),
    };
    const off = { cause: 'position.offset', specificity: 3 as const };
    yield {
      ...off,
      claim: 'the rotation by position is left out',
      fix: 'Turn queries and keys by their positions.',
      edit: patch(context).edit(found.x),
    };
    for (const by of [1, -1] as const) {
      const moved = turnedBy(context, found, by);
      if (moved === null) continue;
      const p = patch(context);
      const along = p.emit('Mul', [found.x, p.numbers(moved.shape, moved.cos)]);
      const across = p.emit('Mul', [found.turned, p.numbers(moved.shape, moved.sin)]);
      yield {
        ...off,
        claim: `positions are off by ${by > 0 ? '+1' : '−1'}`,
        fix: 'Count positions as the model does: the first is 0.',
        edit: p.edit(p.emit('Add', [along, across])),
      };
    }
  },
};
