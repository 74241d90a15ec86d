import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { ACTIVATION_OPS, ACTIVATIONS, type Activation, leaky } from './_activations.ts';
import { draftOf } from './_draft.ts';
import { near, shown } from './_numbers.ts';
import { writtenActivation } from './_written.ts';

/** Slopes that are tried where the activation's own output was not recorded. */
const USUAL_SLOPES = [0, 0.01, 0.02, 0.05, 0.1, 0.125, 0.2, 0.25, 0.3, 1 / 3, 0.5, -0.01, -0.1];

/** Activations that are a straight line through 0 on each side: a wrong slope is what they can have. */
const LEAKY = ['LeakyRelu', 'PRelu'];

/** Another activation than the model's, one operator or written out, or another slope for what is negative. */
export const activation: Rule = {
  id: 'activation',
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const site = siteOf(context);
    if (site === null) return;
    const { source, like, right, isLeaky } = site;
    for (const slope of slopesOf(context, source)) {
      const value = shown(slope);
      yield {
        cause: isLeaky ? 'activation.slope' : 'activation.wrong-function',
        claim: isLeaky
          ? `the slope for negative inputs is ${value}${told(context)}`
          : `leaky ReLU with slope ${value} is applied, the model says ${right}`,
        fix: isLeaky ? `Use the model's slope${told(context).replace(', the model says', ':')}.` : `Apply ${right}.`,
        specificity: 3,
        edit: built(context, leaky(slope), source, like),
      };
    }
    for (const other of ACTIVATIONS) {
      yield {
        cause: 'activation.wrong-function',
        claim: `${other.name} is applied, the model says ${right}`,
        fix: `Apply ${right}.`,
        specificity: isLeaky && other.name.includes('leaky') ? 2 : 3,
        edit: built(context, other, source, like),
      };
    }
  },
};

interface ActivationSite {
  readonly source: string;
  readonly like: Value;
  /** What the model applies, in words. */
  readonly right: string;
  readonly isLeaky: boolean;
}

function siteOf(context: ForwardContext): ActivationSite | null {
  const { node, inputs } = context;
  const [x] = inputs;
  if ((ACTIVATION_OPS as readonly string[]).includes(node.op) && x !== undefined && node.op !== 'BiasGelu') {
    return { source: node.inputs[0] as string, like: x, right: node.op, isLeaky: LEAKY.includes(node.op) };
  }
  const written = writtenActivation(context);
  const like = written === null ? undefined : inputs.find((value) => value !== undefined);
  if (written === null || like === undefined) return null;
  const ops = [...new Set(written.nodes.map(({ op }) => op))].reverse().join(', ');
  return { source: written.source, like, right: `what it writes out as ${ops}`, isLeaky: false };
}

const built = (context: ForwardContext, activation: Activation, source: string, like: Value): Edit => {
  const draft = draftOf(context);
  return draft.done(activation.build(draft, source, like));
};

function told({ node, attributes, inputs }: ForwardContext): string {
  const slope = attributes.alpha?.kind === 'float' ? attributes.alpha.value : node.op === 'LeakyRelu' ? 0.01 : null;
  const given = slope ?? (inputs[1]?.data.length === 1 ? (inputs[1].data[0] as number) : null);
  return given === null ? '' : `, the model says ${shown(given)}`;
}

/** The slope found from the negative half where the output is recorded; the usual ones inside a fused segment. */
function slopesOf(context: ForwardContext, source: string): readonly number[] {
  const { subject, direct, node, inputs } = context;
  if (!direct) return USUAL_SLOPES;
  const x = node.inputs[0] === source ? inputs[0] : context.value(source);
  if (x == null || x.data.length !== subject.data.length) return [];
  let [dot, squares] = [0, 0];
  for (let i = 0; i < x.data.length; i++) {
    const [a, b] = [x.data[i] as number, subject.data[i] as number];
    if (!(a < 0) || !Number.isFinite(b)) continue;
    dot += a * b;
    squares += a * a;
  }
  const slope = dot / squares;
  // Slope 1 is no activation at all: the list has it, and says so.
  return Number.isFinite(slope) && !near(slope, 1) ? [roundedLike(slope)] : [];
}

/** Least squares finds 0.0099999998 for 0.01: the short number is meant where float32 cannot tell them apart. */
function roundedLike(x: number): number {
  const short = Number(x.toPrecision(4));
  return Math.abs(short - x) <= 2e-6 * Math.abs(x) ? short : x;
}
