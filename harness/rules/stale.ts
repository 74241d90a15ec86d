import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { isConstant } from './_numbers.ts';

/** Equal to another recorded tensor: a buffer that was not written this time, or the wrong one. */
export const stale: Rule = {
  id: 'stale',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { subject, tensor, direction } = context;
    const read = direction === 'forward' ? context.value : context.gradient;
    if (subject.data.length < 2) return;
    const later = direction === 'forward' ? laterThan(context, tensor) : before(context, tensor);
    for (const name of context.recorded(direction)) {
      if (name === tensor || later.has(name)) continue;
      const other = read(name);
      if (other === null || other.data.length !== subject.data.length || !sample(other.data, subject.data)) continue;
      if (isConstant(other.data)) continue;
      const producer = context.wiring.producer.get(tensor);
      const input = direction === 'forward' && producer?.inputs.includes(name) === true;
      yield {
        cause: 'value.stale',
        claim: input
          ? `it is equal to the layer's own input "${name}": the layer was passed through`
          : `it is equal to "${name}": the buffer was not written, or the wrong one was recorded`,
        fix: input ? 'Apply the layer.' : 'Write the result to its own buffer before it is read.',
        specificity: 1,
        predicted: other.data,
      };
    }
  },
};

/** Everything that is computed from the tensor: a later layer that passes it on is equal because of it, not the other way round. */
function laterThan({ wiring }: RuleContext, tensor: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [tensor];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const node of wiring.consumers.get(next) ?? []) open.push(...node.outputs);
  }
  return seen;
}

/** Everything that the tensor is computed from: its gradient is passed on to them, and may be equal because of that. */
function before({ wiring }: RuleContext, tensor: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [tensor];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(wiring.producer.get(next)?.inputs ?? []));
  }
  return seen;
}

/** A quick look before every element is compared. */
function sample(a: Float64Array, b: Float64Array): boolean {
  const places = [0, a.length >> 1, a.length - 1];
  return places.every(
    (i) => Math.abs((a[i] as number) - (b[i] as number)) <= 1e-3 * Math.max(Math.abs(a[i] as number), 1e-30),
  );
}
