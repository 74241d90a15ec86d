import { sameShape } from '../shape.ts';
import { isFloat } from '../tensor.ts';
import type { Hypothesis, Rule, RuleContext } from '../types/rule.ts';

/** At most so many tensors of a fitting shape are tried as the wrong source of one input. */
const MOST_SOURCES = 200;

/** A layer that is right on what it was fed, but was fed from the wrong tensor. */
export const wrongSource: Rule = {
  id: 'wiring',
  directions: ['forward'],
  *propose(context: RuleContext): Iterable<Hypothesis> {
    const node = context.nodes[0];
    if (node === undefined) return;
    for (const input of new Set(node.inputs)) {
      const right = isActivation(context, input) ? context.value(input) : null;
      if (right === null) continue;
      const others = context
        .recorded('forward')
        .filter((name) => name !== input && !node.outputs.includes(name) && isActivation(context, name))
        .filter((name) => sameShape(context.value(name)?.shape ?? [-1], right.shape))
        .slice(0, MOST_SOURCES);
      for (const other of others) {
        const fed = context.value(other);
        const predicted = fed === null ? null : context.evaluate(new Map([[input, fed]]));
        if (predicted === null) continue;
        yield {
          cause: 'wiring.wrong-source',
          claim: `${node.name} computes the right thing, but reads "${other}" where it should read "${input}"`,
          fix: `Feed ${node.name} from "${input}".`,
          predicted: predicted.data,
          evidence: [`${node.op} of "${other}" gives the subject's numbers within the noise floor`],
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
