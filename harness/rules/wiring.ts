import { sameShape, sizeOf } from '../shape.ts';
import { isFloat } from '../tensor.ts';
import type { Value } from '../types/oracle.ts';
import type { ForwardContext, ForwardHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { isParameter } from './_graph.ts';

/** At most so many tensors of a fitting shape are tried as the wrong source of one input. */
const MOST_SOURCES = 200;
/** Parameters of fewer numbers are too easily alike. */
const FEWEST_NUMBERS = 4;

/** A layer that is right on what it was fed, but was fed from the wrong tensor. */
export const wiring: Rule = {
  id: 'wiring',
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node } = context;
    for (const [slot, input] of node.inputs.entries()) {
      if (!isActivation(context, input)) continue;
      const shape = context.inputs[slot]?.shape ?? [];
      const others = context
        .recorded('forward')
        .filter((name) => name !== input && !node.outputs.includes(name) && isActivation(context, name))
        .filter((name) => sameShape(context.value(name)?.shape ?? [-1], shape))
        .slice(0, MOST_SOURCES);
      for (const other of others) {
        yield {
          cause: 'wiring.wrong-source',
          claim: `${node.name} computes the right thing, but reads "${other}" where it should read "${input}"`,
          fix: `Feed ${node.name} from "${input}".`,
          specificity: 2,
          edit: context.same({ inputs: { [slot]: other } }),
        };
      }
    }
    yield* parameters(context);
  },
};

/** A layer that uses another layer's parameter of the same shape. One that is the same number throughout says nothing: zeros for a bias are no bias. */
function* parameters(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, wiring, inputs } = context;
  for (const [slot, input] of node.inputs.entries()) {
    const shape = inputs[slot]?.shape ?? [];
    if (!isParameter(context, input) || sizeOf(shape) < FEWEST_NUMBERS) continue;
    const others = [...wiring.graph.initializers]
      .filter(([name, source]) => name !== input && isFloat(source.dtype) && sameShape(source.shape, shape))
      .filter(([name]) => !node.inputs.includes(name) && varies(context.value(name)))
      .slice(0, MOST_SOURCES);
    for (const [other] of others) {
      yield {
        cause: 'wiring.wrong-source',
        claim: `${node.name} uses the parameter "${other}" where it should use "${input}"`,
        fix: `Give ${node.name} its own parameter, "${input}".`,
        specificity: 2,
        edit: context.same({ inputs: { [slot]: other } }),
      };
    }
  }
}

const varies = (found: Value | null): boolean => found?.data.some((x) => x !== found.data[0]) ?? false;

/** Only what flows through the network can be mixed up by wiring: constants and masks have bugs of their own. */
function isActivation({ wiring, value }: RuleContext, name: string): boolean {
  const producer = wiring.producer.get(name);
  const flows =
    producer === undefined ? wiring.graph.inputs.some((input) => input.name === name) : producer.op !== 'Constant';
  const found = flows ? value(name) : null;
  return found !== null && isFloat(found.dtype) && found.data.length > 1;
}
