import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type Patch, patch } from './_patch.ts';
import { slotOfPositions } from './_positions.ts';

/** Positions that are added to an embedding: left out, or off by one. */
export const position: Rule = {
  id: 'position',
  ops: ['Add'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs } = context;
    const slot = slotOfPositions(context);
    const table = slot === null ? undefined : inputs[slot];
    if (slot === null || table === undefined) return;
    const [x, name] = [node.inputs[1 - slot] as string, node.inputs[slot] as string];
    const told = { cause: 'position.offset', specificity: 3 as const };
    const p = patch(context);
    const fix = `Add "${name}": row t to position t.`;
    yield { ...told, claim: `positions "${name}" are not added`, fix, edit: p.edit(x) };
    const axis = table.shape.length - 2;
    const rows = table.shape[axis] as number;
    const places = Array.from({ length: rows }, (_, i) => i);
    for (const row of [0, 1, rows - 1]) {
      const q = patch(context);
      const claim = `row ${row} of "${name}" is added at every position: the position does not advance`;
      yield { ...told, claim, fix, edit: q.edit(q.emit('Add', [x, q.take(name, [row], axis)])) };
    }
    for (const by of [1, -1]) {
      const way = by > 0 ? '+ 1' : '− 1';
      for (const { how, moved } of ends(context, name, places, by, axis)) {
        const q = patch(context);
        const claim = `positions are off by one: row t ${way} of "${name}" is added at t${how}`;
        yield { ...told, claim, fix, edit: q.edit(q.emit('Add', [x, moved(q)])) };
      }
    }
  },
};

function* ends({ inputs, node }: ForwardContext, name: string, places: readonly number[], by: number, axis: number) {
  const last = places.length - 1;
  const around = places.map((i) => (i + by + places.length) % places.length);
  const held = places.map((i) => Math.min(last, Math.max(0, i + by)));
  yield { how: ' (around at the end)', moved: (p: Patch) => p.take(name, around, axis) };
  yield { how: ' (held at the end)', moved: (p: Patch) => p.take(name, held, axis) };
  const shape = inputs[node.inputs.indexOf(name)]?.shape ?? [];
  const inside = places.map((i) => (i + by < 0 || i + by > last ? 0 : 1));
  const column = shape.map((size, a) => (a === axis ? size : 1));
  yield {
    how: ' (nothing at the end)',
    moved: (p: Patch) => p.emit('Mul', [p.take(name, held, axis), p.numbers(column, inside)]),
  };
}
