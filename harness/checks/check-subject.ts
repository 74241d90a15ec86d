import { checkGradient, type CheckEffort, rootMeanSquare, type Target } from './gradient-check.ts';
import type { GradientReport, TensorCheck } from '../types/gradient-check.ts';
import { networkObjective } from './network-objective.ts';
import { LayerdiffError } from '../errors.ts';
import { normal, seedOf } from '../numerics/random.ts';
import { sameShape, sizeOf } from '../shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../tensor.ts';
import type { Subject } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Trace } from '../types/trace.ts';

export interface SubjectCheckOptions {
  /** The subject's own name of the scalar, or null: the one whose gradient it records as 1. */
  readonly loss: string | null;
  readonly effort: CheckEffort;
  readonly progress?: (step: string, done: number, total: number) => void;
}

/** Allowed beside the difference's own uncertainty: chosen on a LeNet, and held on an MLP and two ResNets: right ones pass. */
const RELATIVE = 1e-2;

/**
 * Holds the gradients that a hand-written network computes against central differences of its own loss: needs no reference but for the
 * parameters that both begin with. Steps are long and limits wide, as the network rounds to float32: what is found is a wrong formula,
 * not a lost digit. Float inputs are moved a little first, off the ties of example data.
 * @throws E_SUBJECT for a trace, which cannot be run again; E_LOSS where it has no scalar
 */
export async function checkSubject(
  subject: Subject,
  graph: Graph,
  inputs: ReadonlyMap<string, TensorSource>,
  options: SubjectCheckOptions,
): Promise<GradientReport> {
  if (!subject.runs) {
    const remedy = 'Give the network itself: a module (.ts, .js, .mjs).';
    throw new LayerdiffError('E_SUBJECT', subject.name, 'a recorded trace cannot be run with other numbers', remedy);
  }
  const request = { inputs: jittered(inputs, options.effort.seed), parameters: floats(graph.initializers) };
  const { trace } = await subject.run(request);
  const loss = lossOf(trace, options.loss);
  const objective = networkObjective(subject, request, trace, new Map([[loss, Float64Array.of(1)]]));
  const own = new Map([...(subject.map ?? [])].map(([mine, theirs]) => [theirs, mine]));
  const without: GradientReport['without'][number][] = [];
  const tensors: TensorCheck[] = [];
  const targets = targetsOf(request);
  for (const [done, target] of targets.entries()) {
    options.progress?.('checking gradients', done, targets.length);
    const gradient = trace.gradients.get(own.get(target.name) ?? target.name);
    const reason = reasonAgainst(gradient, target);
    if (gradient === undefined || reason !== null) {
      without.push({ name: target.name, by: subject.name, reason: reason ?? '' });
      continue;
    }
    const claim = {
      by: subject.name,
      gradient: toNumbers(gradient.read()),
      relative: RELATIVE,
      absolute: 0,
      slack: null,
    };
    tensors.push(await checkGradient(target, objective, [claim], options.effort));
  }
  return { start: { loss, seeded: [] }, tensors, without };
}

/** How far inputs are moved, relative to their root mean square. */
const JITTER = 0.02;

/**
 * The inputs, each float moved a little at random: example data (a black background) lie on the ties of pools and the zeros of ReLUs, where
 * float32 differences cannot tell a kink from a wrong gradient; and a right gradient is right beside them, too.
 */
function jittered(inputs: ReadonlyMap<string, TensorSource>, seed: number): ReadonlyMap<string, TensorSource> {
  return new Map(
    [...inputs].map(([name, source]) => {
      if (!isFloat(source.dtype)) return [name, source];
      const data = toNumbers(source.read());
      const [draw, size] = [normal(seedOf(name, seed)), rootMeanSquare(data) || 1];
      return [
        name,
        sourceOf(
          fromNumbers(
            source.dtype,
            source.shape,
            data.map((x) => x + JITTER * size * draw()),
          ),
        ),
      ];
    }),
  );
}

const floats = (tensors: ReadonlyMap<string, TensorSource>) =>
  new Map([...tensors].filter(([, { dtype }]) => isFloat(dtype)));

function targetsOf({
  inputs,
  parameters,
}: {
  inputs: ReadonlyMap<string, TensorSource>;
  parameters: typeof inputs;
}): Target[] {
  const target = (role: Target['role'], name: string, source: TensorSource): Target => ({
    name,
    role,
    shape: source.shape,
    data: toNumbers(source.read()),
  });
  return [
    ...[...floats(inputs)].map(([name, source]) => target('input', name, source)),
    ...[...parameters].map(([name, source]) => target('parameter', name, source)),
  ];
}

function reasonAgainst(gradient: TensorSource | undefined, { shape }: Target): string | null {
  if (gradient === undefined) return 'the network records no gradient of it';
  if (sameShape(gradient.shape, shape)) return null;
  return `its gradient has the shape [${gradient.shape.join(', ')}], the model's tensor [${shape.join(', ')}]`;
}

/** The scalar that the backward pass began at. */
function lossOf({ values, gradients }: Trace, named: string | null): string {
  if (named !== null && values.has(named)) return named;
  const scalars = [...values]
    .filter(([, { shape, dtype }]) => sizeOf(shape) === 1 && isFloat(dtype))
    .map(([name]) => name);
  const begun = scalars.filter((name) => {
    const gradient = gradients.get(name);
    return gradient !== undefined && toNumbers(gradient.read())[0] === 1;
  });
  const found = begun.includes('loss')
    ? 'loss'
    : (begun[begun.length - 1] ?? (scalars.includes('loss') ? 'loss' : undefined));
  if (found !== undefined && named === null) return found;
  const reason =
    named === null ? 'the network records no scalar whose gradient is 1' : 'the network records no such tensor';
  throw new LayerdiffError(
    'E_LOSS',
    named ?? 'loss',
    reason,
    `Name a scalar with --loss; it records ${[...values.keys()].join(', ')}.`,
  );
}
