// Reports as the check would give them, made from a description of a network and of what is wrong in it.
// `node scripts/samples.mjs` writes them to reports/samples/.
import { indexOf, sizeOf } from '../../harness/shape.ts';
import type {
  Cause,
  ErrorMap,
  JsonNumber,
  Measures,
  Outcome,
  Report,
  Site,
  TensorReport,
  Verdict,
  WorstElement,
} from '../../harness/types/report.ts';
import type { Direction } from '../../harness/types/trace.ts';

export interface Layer {
  readonly layer: string;
  readonly op: string;
  readonly output: string;
  readonly shape: readonly number[];
  readonly parameters?: readonly (readonly [name: string, shape: readonly number[]])[];
}

/** What is wrong at one tensor: how many times what is allowed, relative to the reference, and why. */
export interface Fault {
  readonly direction: Direction;
  readonly tensor: string;
  readonly relL2: JsonNumber;
  readonly nonFinite?: number;
  readonly band?: 'precision' | 'wrong';
  readonly cause?: Cause;
  readonly candidates?: readonly Cause[];
  /** Rows and columns of the map that are wrong; all unless given. */
  readonly region?: (row: number, column: number) => boolean;
}

export interface Description {
  readonly subject: Report['subject'];
  readonly reference?: Partial<Report['reference']>;
  readonly layers: readonly Layer[];
  readonly faults?: readonly Fault[];
  /** Tensors by `direction tensor` that got another verdict, and why. */
  readonly odd?: Readonly<Record<string, readonly [Verdict, string]>>;
  readonly outcome?: Outcome;
  readonly unseen?: Report['unseen'];
  readonly notes?: readonly string[];
  readonly rerun?: string;
  readonly seed: number;
  readonly local?: boolean;
  readonly seconds?: number;
}

/** A seeded generator of numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The whole report of a description: errors propagate, grow and shrink on their way as they do in real networks. */
export function reportOf(description: Description): Report {
  const next = random(description.seed);
  const forward = rowsOf(description, 'forward', next);
  const backward = rowsOf(description, 'backward', next);
  const wrong = (description.faults ?? []).length > 0;
  const total = description.seconds ?? 0.52;
  return {
    format: 'layerdiff-report',
    version: 1,
    outcome: description.outcome ?? (wrong ? 'mismatch' : 'match'),
    subject: description.subject,
    reference: {
      name: 'model.onnx',
      kind: 'onnxruntime',
      version: '1.30.0',
      backward: 'reverse-mode differentiation of the ONNX graph, run by ONNX Runtime in float32',
      ...description.reference,
    },
    forward: findings(description, 'forward'),
    backward: findings(description, 'backward'),
    tensors: [...forward, ...backward],
    unseen: description.unseen ?? [],
    notes: description.notes ?? [],
    rerun: description.rerun ?? `layerdiff check ${description.subject.name} --reference model.onnx --inputs batch.npz`,
    timing: {
      seconds: {
        reference: round(total * 0.31),
        oracle: round(total * 0.42),
        compare: round(total * 0.18),
        total: round(total),
      },
      peakBytes: 148_000_000 + Math.round(next() * 4e7),
    },
  };
}

function findings(description: Description, direction: Direction): Report['forward'] {
  const places = placesOf(description.layers, direction);
  const order = new Map(places.map((place, i) => [place.tensor, i]));
  const faulty = (description.faults ?? [])
    .filter((fault) => fault.direction === direction)
    .toSorted((a, b) => (order.get(a.tensor) as number) - (order.get(b.tensor) as number))
    .map((fault): Site => {
      const place = places[order.get(fault.tensor) as number] as Place;
      return {
        tensor: fault.tensor,
        direction,
        layer: place.layer,
        op: place.op,
        cause: fault.cause ?? null,
        candidates: fault.candidates ?? [],
      };
    });
  return { firstDivergence: faulty[0] ?? null, faulty };
}

interface Place {
  readonly tensor: string;
  readonly layer: string;
  readonly op: string;
  readonly shape: readonly number[];
}

/** Forward: each layer's output. Backward, from the last layer to the first: its parameters' gradients and its input's. */
function placesOf(layers: readonly Layer[], direction: Direction): Place[] {
  if (direction === 'forward')
    return layers.map(({ output, layer, op, shape }) => ({ tensor: output, layer, op, shape }));
  return layers.toReversed().flatMap((at, i) => {
    const before = layers[layers.length - 2 - i];
    const own = (at.parameters ?? []).map(([tensor, shape]) => ({ tensor, layer: at.layer, op: at.op, shape }));
    return before ? [...own, { tensor: before.output, layer: at.layer, op: at.op, shape: before.shape }] : own;
  });
}

function rowsOf(description: Description, direction: Direction, next: () => number): TensorReport[] {
  let inherited = 0;
  return placesOf(description.layers, direction).map((place) => {
    const fault = description.faults?.find((f) => f.direction === direction && f.tensor === place.tensor);
    const odd = description.odd?.[`${direction} ${place.tensor}`];
    const scale = 10 ** (direction === 'forward' ? -0.5 + next() : -3 + next());
    const noise = 6e-8 * (0.4 + next());
    const introduced = fault ? Number(fault.relL2) : noise;
    inherited = Math.hypot(inherited * (0.82 + 0.3 * next()), introduced);
    return row(description, direction, place, { fault, odd, scale, introduced, inherited }, next);
  });
}

interface Errors {
  readonly fault: Fault | undefined;
  readonly odd: readonly [Verdict, string] | undefined;
  readonly scale: number;
  readonly introduced: number;
  readonly inherited: number;
}

function row(d: Description, direction: Direction, place: Place, e: Errors, next: () => number): TensorReport {
  const allowed = round(4 * e.scale * 6e-8 * 1.6);
  const verdict: Verdict = e.odd ? e.odd[0] : e.fault ? 'mismatch' : 'match';
  const measured = verdict === 'match' || verdict === 'mismatch' || verdict === 'vacuous';
  const quiet = verdict === 'vacuous' ? 1e-9 : 1;
  const count = e.fault ? 8 : 3;
  const alone =
    d.local === false ? null : measures(place.shape, e.introduced * quiet, e.scale * quiet, e.fault, count, next);
  const chained = measures(place.shape, e.inherited * quiet, e.scale * quiet, e.fault, count, next);
  return {
    tensor: place.tensor,
    subjectName: place.tensor.replace(/^\//, '').replaceAll('/', '.'),
    direction,
    layer: place.layer,
    op: place.op,
    verdict,
    band: e.fault ? (e.fault.band ?? 'wrong') : verdict === 'match' ? (next() < 0.8 ? 'same' : 'rounding') : null,
    local: measured ? alone : null,
    chained: measured ? chained : null,
    allowed: measured
      ? {
          rms: allowed,
          because:
            '4 × the larger rounding error of ONNX Runtime and of a sequential float32 run, both against float64, plus 2 units in the last place',
        }
      : null,
    shape: place.shape,
    dtype: 'float32',
    why: direction === 'forward' ? 'same name and shape' : 'same name as the value; shape agrees',
    excluded: direction === 'backward' && /relu/i.test(place.tensor) ? Math.floor(next() * 3) : 0,
    ...(e.odd ? { reason: e.odd[1] } : {}),
    ...(e.fault ? { map: errorMap(place.shape, e.fault, next) } : {}),
  };
}

function measures(
  shape: readonly number[],
  relative: number,
  scale: number,
  fault: Fault | undefined,
  count: number,
  next: () => number,
): Measures {
  const elements = sizeOf(shape);
  const finite = Number.isFinite(relative);
  const rms = relative * scale;
  const text = (x: number): JsonNumber => (Number.isFinite(x) ? round(x) : (String(x) as JsonNumber));
  const part = fault?.region ? 0.18 : 0.94;
  return {
    rms: text(rms),
    maxAbs: text(rms * (3 + next())),
    relL2: text(relative),
    cosine: finite ? round(1 - Math.min(1, relative ** 2 / 2), 12) : null,
    ulpP99: text((relative / 2 ** -23) * 2),
    mismatched: fault && relative > 1e-5 ? Math.ceil(elements * part) : finite ? 0 : elements,
    elements,
    nonFinite: fault?.nonFinite ?? (finite ? 0 : elements),
    worst: Array.from({ length: Math.min(count, elements) }, () => worst(shape, rms, scale, next)),
  };
}

function worst(shape: readonly number[], rms: number, scale: number, next: () => number): WorstElement {
  const oracle = (next() * 2 - 1) * scale * 2;
  const off = oracle + rms * (2 + next() * 2);
  return {
    index: indexOf(Math.floor(next() * sizeOf(shape)), shape),
    subject: Number.isFinite(rms) ? round(off, 8) : 'NaN',
    reference: round(oracle * (1 + 6e-8), 8),
    oracle: round(oracle, 10),
  };
}

function errorMap(shape: readonly number[], fault: Fault, next: () => number): ErrorMap {
  const columns = Math.min(32, shape.at(-1) ?? 1);
  const rows = Math.min(24, Math.max(1, Math.round(sizeOf(shape) / (shape.at(-1) ?? 1))));
  const level = Number.isFinite(Number(fault.relL2)) ? Math.log10(Number(fault.relL2) / 4e-7) : 6;
  const cell = (i: number) => {
    const hit = fault.region?.(Math.floor(i / columns) / rows, (i % columns) / columns) ?? true;
    return Number(((hit ? level : -0.7) + (next() - 0.5) * 0.9).toFixed(2));
  };
  const axes = shape.length > 2 ? (['batch·channel·row', 'column'] as const) : (['row', 'column'] as const);
  return { rows, columns, axes, cells: Array.from({ length: rows * columns }, (_, i) => cell(i)) };
}

function round(x: number, digits = 4): number {
  return Number(x.toPrecision(digits));
}
