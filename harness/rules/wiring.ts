import { sameShape } from '../shape.ts';
import { isFloat } from '../tensor.ts';
import type { ForwardContext, ForwardHypothesis, Rule, RuleContext } from '../types/rule.ts';

/** At most so many tensors of a fitting shape are tried as the wrong source of one input. */
const MOST_SOURCES = 200;

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
  },
};

/** Only what flows through the network can be mixed up by wiring: constants, masks and parameters have bugs of their own. */
function isActivation({ wiring, value }: RuleContext, name: string): boolean {
  const producer = wiring.producer.get(name);
  const flows =
    producer === undefined ? wiring.graph.inputs.some((input) => input.name === name) : producer.op !== 'Constant';
  const found = flows ? value(name) : null;
  return found !== null && isFloat(found.dtype) && found.data.length > 1;
}
