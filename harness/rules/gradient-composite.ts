import { sameShape, sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { zip } from './_back.ts';
import { normal, sigmoid, SLIPS, SLOPES } from './_slopes.ts';

/** An activation written out in primitives (GELU, SiLU, hard swish) and recorded as one layer: its derivative is another's, or a piece of it. */
export const compositeGradient: Rule = {
  id: 'gradient-composite',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    if (context.direction !== 'backward' || context.segment.length < 2) return;
    const found = activationOf(context);
    if (found === null) return;
    const { x, y, dy, name } = found;
    const wrong = (what: string, slope: Float64Array): FormHypothesis => ({
      cause: 'gradient.derivative-wrong',
      claim: `${what} is used for the derivative of ${name}`,
      fix: 'Use the derivative of what the forward pass computes.',
      specificity: 3,
      predicted: zip(dy.data, slope, (d, s) => d * s),
      gain: 4,
    });
    yield wrong(
      '1 (the gradient passes unchanged)',
      dy.data.map(() => 1),
    );
    yield wrong('Φ(x) alone (without x·φ(x))', x.data.map(normal));
    yield wrong('σ(x) alone (without x·σ′(x))', x.data.map(sigmoid));
    yield wrong(
      'σ(1.702·x) alone',
      x.data.map((v) => sigmoid(1.702 * v)),
    );
    for (const { name: slope, of, from } of SLOPES) {
      yield wrong(slope, x.data.map(of));
      if (from !== undefined) yield wrong(`${slope} (of the output)`, y.data.map(from));
    }
    for (const { name: slip, from } of SLIPS) yield wrong(`${slip}, with y its output,`, y.data.map(from));
  },
};

interface Written {
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  readonly name: string;
}

/** The segment as one function of each element: all that it reads besides the tensor are single numbers, and it has one end. */
function activationOf({ tensor, segment, value, gradient, wiring }: RuleContext): Written | null {
  const inside = new Set([tensor, ...segment.flatMap((node) => node.outputs)]);
  const alone = (node: GraphNode): boolean =>
    node.inputs.every((name) => name === '' || inside.has(name) || isNumber(name));
  const isNumber = (name: string): boolean => {
    const constant = wiring.producer.get(name)?.attributes.value;
    const known = value(name)?.shape ?? (constant?.kind === 'tensor' ? constant.value.shape : undefined);
    return known !== undefined && sizeOf(known) === 1;
  };
  const ends = segment.flatMap((node) => node.outputs).filter((name) => gradient(name) !== null);
  const [end] = ends;
  if (end === undefined || ends.length !== 1 || !segment.every(alone)) return null;
  const [x, y, dy] = [value(tensor), value(end), gradient(end)];
  if (x === null || y === null || dy === null) return null;
  if (!sameShape(x.shape, y.shape) || !sameShape(x.shape, dy.shape)) return null;
  return { x, y, dy, name: `${end} (${segment.map(({ op }) => op).join(', ')})` };
}
