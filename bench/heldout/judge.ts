import { check } from '../../harness/check.ts';
import { wire } from '../../harness/graph.ts';
import { toTensor } from '../../harness/oracle/value.ts';
import { isFloat, sourceOf } from '../../harness/tensor.ts';
import { seedOf, uniform } from '../../harness/numerics/random.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import type { Report, Site } from '../../harness/types/report.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import type { Net } from './maker.ts';
import type { Simulated } from './simulate.ts';
import type { Case } from './cases.ts';

/** How much of a run is recorded, and under which names. */
export type Form = 'all' | 'fused' | 'dropped' | 'renamed' | 'channels-last' | 'forward-only';

/** What came of one case. */
export interface Verdict {
  readonly detected: boolean;
  readonly located: boolean;
  readonly exact: boolean;
  readonly named: boolean;
  readonly misnamed: boolean;
  readonly said: string;
  /** Gradients blamed for a forward bug on their own account. */
  readonly loose: readonly string[];
}

const FUSED = new Set([
  'MatMul',
  'Conv',
  'BatchNormalization',
  'Erf',
  'Pow',
  'Sqrt',
  'Sub',
  'Unsqueeze',
  'Squeeze',
  'Slice',
  'Neg',
  'Reshape',
  'LSTM',
  'GRU',
  'RNN',
]);

/** Names of computed tensors that the form records. */
export function recordedIn(form: Form, net: Net, seed: number): (name: string) => boolean {
  const wiring = wire(net.graph);
  const kept = new Set([...net.graph.outputs.map((o) => o.name), ...(net.loss === null ? [] : [net.loss])]);
  const random = uniform(seedOf(net.name, seed));
  const dropped = new Set<string>();
  for (const node of net.graph.nodes) {
    const gone =
      form === 'fused'
        ? FUSED.has(node.op) ||
          (node.op === 'Add' &&
            net.graph.initializers.has(node.inputs[0]!) &&
            wiring.consumers.get(node.outputs[0]!)?.length === 1)
        : form === 'dropped' && random() < 0.6;
    if (gone) for (const name of node.outputs) if (!kept.has(name)) dropped.add(name);
  }
  return (name) => !dropped.has(name);
}

function traceOf(
  net: Net,
  ran: Simulated,
  form: Form,
  seed: number,
): { trace: Trace; theirs: ReadonlyMap<string, string> } {
  const wiring = wire(net.graph);
  const keeps = recordedIn(form, net, seed);
  const known = (name: string): boolean =>
    !name.startsWith('bug::') &&
    (wiring.producer.has(name) || net.inputs.has(name) || net.graph.initializers.has(name));
  const order = [
    ...net.graph.initializers.keys(),
    ...net.inputs.keys(),
    ...net.graph.nodes.flatMap((n) => n.outputs.filter((o) => o !== '')),
  ].filter((n) => known(n) && keeps(n));
  const mine = new Map(
    order.map((name, i) => [name, form === 'renamed' ? (net.inputs.has(name) ? name : `tensor_${i}`) : name]),
  );
  const axes = new Map<string, string>();
  const take = (from: Simulated['values'], floats: boolean) =>
    new Map(
      order.flatMap((name): [string, TensorSource][] => {
        const value = from.get(name);
        if (value === undefined || (floats && !isFloat(value.dtype))) return [];
        const isMap =
          form === 'channels-last' &&
          value.shape.length === 4 &&
          !net.graph.initializers.has(name) &&
          /image|Conv|Relu|Pool|Normalization|Resize|Elu|Mish|Concat|DepthToSpace/.test(name);
        if (isMap) axes.set(name, 'NHWC');
        return [[mine.get(name)!, sourceOf(toTensor(isMap ? lastChannels(value) : value))]];
      }),
    );
  const values = take(ran.values, false);
  const gradients = form === 'forward-only' ? new Map() : take(ran.gradients, true);
  const metadata = {
    producer: 'held out',
    order: order.map((n) => mine.get(n)!),
    iteration: 0,
    axes,
    groups: new Map(),
  };
  return {
    trace: { values, gradients, updates: new Map(), states: new Map(), metadata },
    theirs: new Map([...mine].map(([a, b]) => [b, a])),
  };
}

function lastChannels(
  value: { dtype: never; shape: readonly number[]; data: Float64Array } | Parameters<typeof toTensor>[0],
) {
  const [n, c, h, w] = value.shape as [number, number, number, number];
  const out = new Float64Array(value.data.length);
  for (let b = 0; b < n; b++)
    for (let k = 0; k < c; k++)
      for (let i = 0; i < h * w; i++) out[(b * h * w + i) * c + k] = value.data[(b * c + k) * h * w + i]!;
  return { dtype: value.dtype, shape: [n, h, w, c], data: out };
}

/** False where a bug changes no recorded number beyond rounding (a difference turned round, and then squared). */
export function shows(net: Net, ran: Simulated, right: Simulated, form: Form, seed: number): boolean {
  const keeps = recordedIn(form, net, seed);
  const differs = (mine: Simulated['values'], theirs: Simulated['values']): boolean =>
    [...theirs].some(([name, { data }]) => {
      const other = mine.get(name)?.data;
      if (!keeps(name) || other === undefined) return false;
      const largest = data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      return data.some((v, i) => !(Math.abs(v - (other[i] as number)) <= 1e-4 * largest));
    });
  return differs(ran.values, right.values) || differs(ran.gradients, right.gradients);
}

/** The whole check of one recorded run. */
export function checkRun(net: Net, ran: Simulated, form: Form, reference: Reference, seed: number): Promise<Report> {
  const { trace } = traceOf(net, ran, form, seed);
  const subject: Subject = {
    name: 'held out',
    kind: 'trace',
    producer: 'held out',
    runs: false,
    run: async () => ({ trace, observations: [] }),
    release: async () => {},
  };
  return check(subject, reference, {});
}

/** Recorded tensors in which a wrong one shows: itself, or the nearest behind it (forward) or before it (backward). */
export function shownIn(
  net: Net,
  form: Form,
  seed: number,
  tensor: string,
  direction: 'forward' | 'backward',
): readonly string[] {
  const keeps = recordedIn(form, net, seed);
  const wiring = wire(net.graph);
  const [found, seen, open] = [new Set<string>(), new Set<string>(), [tensor]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next) || next === '') continue;
    seen.add(next);
    if (keeps(next)) found.add(next);
    else if (direction === 'forward') open.push(...(wiring.consumers.get(next) ?? []).flatMap((n) => n.outputs));
    else open.push(...(wiring.producer.get(next)?.inputs ?? []));
  }
  return [...found];
}

/** Compares what the report says with what was done. */
export function judge(made: Case, report: Report, form: Form, seed: number): Verdict {
  const places = made.bugs.map(({ bug }, i) => ({
    bug,
    shown: made.tensors[i]!.flatMap((t) => shownIn(made.net, form, seed, t, bug.direction)),
  }));
  const of = (way: 'forward' | 'backward') => report[way].faulty;
  const spare = new Set(places.flatMap(({ shown }) => shown));
  const anyForward = places.some(({ bug }) => bug.direction === 'forward');
  const follows = (site: Site): boolean => site.cause?.claim.startsWith('follows from') === true;
  const strange = [
    ...of('forward').filter((s) => !spare.has(s.tensor)),
    ...(anyForward ? [] : of('backward').filter((s) => !spare.has(s.tensor))),
  ];
  const loose = anyForward
    ? of('backward')
        .filter((s) => !spare.has(s.tensor) && !follows(s))
        .map((s) => `${s.tensor}:${s.cause?.id ?? '?'}`)
    : [];
  const sites = places.map(({ bug, shown }) => of(bug.direction).find((s) => shown.includes(s.tensor)));
  const right = sites.map(
    (site, i) => site?.cause != null && [places[i]!.bug.cause, ...(places[i]!.bug.also ?? [])].includes(site.cause.id),
  );
  return {
    detected: report.outcome === 'mismatch',
    located:
      sites.every((s) => s !== undefined) &&
      (places.length > 1 ||
        report[places[0]!.bug.direction].firstDivergence === sites[0] ||
        (sites[0] !== undefined &&
          places[0]!.shown.includes(report[places[0]!.bug.direction].firstDivergence!.tensor))),
    exact: strange.length === 0,
    named: right.every(Boolean),
    misnamed: sites.some((site, i) => site?.cause != null && !right[i]),
    said:
      sites.map((s) => s?.cause?.id ?? (s === undefined ? 'not located' : 'unknown')).join(' + ') +
      (strange.length > 0
        ? ` (also ${strange
            .slice(0, 3)
            .map((s) => s.tensor)
            .join(' ')})`
        : ''),
    loose,
  };
}
