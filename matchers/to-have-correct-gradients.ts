// oxlint-disable oxc/no-this-in-exported-function -- expect binds its matchers
import { loadModel } from '../adapters/onnx/index.ts';
import { isNetwork } from '../adapters/network/index.ts';
import { ownParameters } from '../adapters/network/own-parameters.ts';
import { checkSubject } from '../harness/checks/check-subject.ts';
import { gradientOutcome } from '../harness/checks/gradient-outcome.ts';
import { gradientText } from '../reports/gradient-text.ts';
import { FLOAT32 } from '../harness/checks/gradient-check.ts';
import { LayerdiffError } from '../harness/errors.ts';
import type { Graph } from '../harness/types/graph.ts';
import type { TensorSource } from '../harness/types/tensor.ts';
import { type TensorsLike, tensorsFrom } from './options.ts';
import { subjectFrom } from './sides.ts';
import type { MatcherContext, MatcherResult } from './types.ts';

export interface GradientOptions {
  /** Inputs, by the reference's names where the network maps them, else by its own. */
  readonly inputs: TensorsLike;
  /** Parameters, or the path of an .onnx model or a file that holds them; by default the network's own. */
  readonly parameters?: TensorsLike;
  /** The network's own name of the scalar; by default the one whose gradient it records as 1. */
  readonly loss?: string;
  /** Elements to test of each tensor, besides as many random directions, each of which moves every element (default 2). */
  readonly elements?: number;
  /** Of the sampled elements and directions (default 0). */
  readonly seed?: number;
}

/** Few, as each is about six runs of the network, and a test must not take minutes. */
const ELEMENTS = 2;

/**
 * Passes where the gradient of every parameter, and of every float input that the network gives one for, is what central differences of
 * its own forward pass say. Limits are those of float32 differences: a wrong formula is found, a lost digit is not.
 * @throws E_SUBJECT for what cannot be run, or has no parameters of its own and was given none; E_LOSS where there is no scalar
 */
export async function toHaveCorrectGradients(
  this: MatcherContext,
  received: unknown,
  { inputs, parameters, loss, elements = ELEMENTS, seed = 0 }: GradientOptions,
): Promise<MatcherResult> {
  const given = tensorsFrom(inputs, 'inputs');
  const held = await parametersOf(received, parameters);
  const effort = { ...FLOAT32, exhaustive: elements, elements, directions: elements, seed };
  const subject = subjectFrom(received);
  try {
    const report = await checkSubject(subject, bare(held), given, { loss: loss ?? null, effort });
    // The network's arrays hold what was tried last: back to what they were.
    await subject.run({ inputs: given, parameters: held });
    const unknown = report.without.filter(({ name }) => held.has(name));
    const found = gradientOutcome(report);
    const outcome = found === 'match' && unknown.length > 0 ? 'inconclusive' : found;
    const pass = this?.isNot === true ? outcome !== 'mismatch' : outcome === 'match';
    return { pass, message: () => gradientText(report, subject.name, (_style, text) => text).trimEnd() };
  } finally {
    if (subject !== received) await subject.release();
  }
}

async function parametersOf(
  received: unknown,
  given: TensorsLike | undefined,
): Promise<ReadonlyMap<string, TensorSource>> {
  if (typeof given === 'string' && /\.onnx$/i.test(given)) return loadModel(given).graph.initializers;
  if (given !== undefined) return tensorsFrom(given, 'parameters');
  const own = isNetwork(received) ? await ownParameters(received) : null;
  if (own !== null) return own;
  const reason = 'it has no parameters of its own to begin with';
  throw new LayerdiffError('E_SUBJECT', 'toHaveCorrectGradients', reason, "Give { parameters: 'model.onnx' }.");
}

/** A graph of parameters and nothing else. */
const bare = (initializers: ReadonlyMap<string, TensorSource>): Graph => ({
  name: 'parameters',
  nodes: [],
  inputs: [],
  outputs: [],
  initializers,
  opset: new Map(),
});
