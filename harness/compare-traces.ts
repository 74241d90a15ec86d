import { align } from './stages/3-align.ts';
import { floatPartsOf, partsOf } from './parts.ts';
import { shown } from './stages/5-judge.ts';
import { differenceOf } from './metrics/difference.ts';
import { asked } from './metrics/fused/block.ts';
import { createMeter } from './metrics/fused/meter.ts';
import { jsonNumber } from './metrics/json-number.ts';
import { sketchOf } from './metrics/sketch.ts';
import { createSliceMeter, type SliceRms } from './metrics/slices.ts';
import { createWorstMeter } from './metrics/worst.ts';
import { sameShape } from './shape.ts';
import { isFloat, unitRoundoff } from './tensor.ts';
import { countDifferent } from './metrics/exact.ts';
import type { TensorType } from './types/adapter.ts';
import type { Difference } from './types/difference.ts';
import type { Graph } from './types/graph.ts';
import type { Host } from './types/host.ts';
import type { Pair } from './types/pair.ts';
import type { Findings, Measures, Report, TensorReport } from './types/report.ts';
import type { Sketch } from './types/sketch.ts';
import type { TensorSource } from './types/tensor.ts';
import type { Direction, Trace } from './types/trace.ts';

/** Two traces agree where the rms of their difference is at most this share of the second's rms, */
export const TRACE_TOLERANCE = 1e-4;
/** or so many units of rounding, where one of them was recorded in a narrower type; */
export const TRACE_UNITS = 8;
/** and where no slice along any axis (a channel, a row) is off by more than so many times that share of its own rms; */
export const TRACE_SLICE_FACTOR = 4;
/** and, forward, no element by more than so many times the allowed rms. Backward, kinks may flip single elements. */
export const TRACE_ELEMENT_FACTOR = 64;

/**
 * Compares two traces without a model: chained errors only, so a difference is not known to be introduced where it first shows.
 * Without an oracle the tolerance can't be calibrated: it is {@link TRACE_TOLERANCE} of the reference's rms, tensor by tensor and slice by slice.
 * @throws E_NOTHING_COMPARABLE where no name is on both sides
 */
export async function compareTraces(
  subject: { readonly name: string; readonly trace: Trace },
  reference: { readonly name: string; readonly trace: Trace },
  options: { readonly map?: ReadonlyMap<string, string>; readonly host: Host; readonly rerun: string },
): Promise<Report> {
  const started = options.host.now();
  const graph = graphOf(reference.trace);
  const types = typesOf(reference.trace);
  const sketch = async () => sketchesOf(reference.trace);
  const map = options.map ?? new Map();
  const { pairs, unpaired, notes } = await align({ graph, types, trace: subject.trace, map, sketch });
  const names = [...types.keys()].filter((name) => pairs.has(name));
  const rows = (['forward', 'backward'] as const).flatMap((direction) => {
    const ordered = direction === 'forward' ? names : [...names].reverse();
    return ordered.flatMap((name) => rowOf(pairs.get(name) as Pair, direction, reference.trace));
  });
  const missing = [...types.keys()].filter((name) => !pairs.has(name));
  const mismatch = rows.some((row) => row.verdict === 'mismatch');
  const proven = rows.some((row) => row.verdict === 'match') && rows.every((row) => row.verdict !== 'incomparable');
  return {
    format: 'layerdiff-report',
    version: 1,
    outcome: mismatch ? 'mismatch' : proven ? 'match' : 'inconclusive',
    subject: { name: subject.name, kind: 'trace', producer: subject.trace.metadata.producer },
    reference: {
      name: reference.name,
      kind: 'trace',
      version: reference.trace.metadata.producer ?? '',
      backward: 'as recorded',
    },
    forward: findings(rows, 'forward'),
    backward: findings(rows, 'backward'),
    tensors: rows,
    unseen: [
      ...missing.map((tensor) => ({ tensor, missing: 'subject' }) as const),
      ...unpaired.map((tensor) => ({ tensor, missing: 'reference' }) as const),
    ],
    notes: [
      'Two traces and no model: errors are chained, so every layer after the first wrong one differs too. Compare with a model to see each layer by itself.',
      ...notes,
      ...oneSided(subject.trace, reference.trace, pairs),
    ],
    rerun: options.rerun,
    timing: {
      seconds: { reference: 0, oracle: 0, compare: options.host.now() - started, total: options.host.now() - started },
      peakBytes: options.host.peakBytes(),
    },
  };
}

/** The reference trace as a graph without edges: its names in their order. */
function graphOf(trace: Trace): Graph {
  const node = (name: string) => ({ name, op: '', domain: '', inputs: [], outputs: [name], attributes: {} });
  return {
    name: trace.metadata.producer ?? 'trace',
    nodes: [...typesOf(trace).keys()].map(node),
    inputs: [],
    outputs: [],
    initializers: new Map(),
    opset: new Map(),
  };
}

function sketchesOf({ values }: Trace): ReadonlyMap<string, Sketch> {
  return new Map([...values].map(([name, source]) => [name, sketchOf(source.read())]));
}

/** What only one of two paired tensors has: a direction that was not compared. */
function oneSided(mine: Trace, theirs: Trace, pairs: ReadonlyMap<string, Pair>): readonly string[] {
  return (['values', 'gradients'] as const).flatMap((what) => {
    const lacking = [...pairs.values()].filter(
      ({ subjectName, tensor }) => mine[what].has(subjectName) !== theirs[what].has(tensor),
    );
    if (lacking.length === 0) return [];
    const shown = lacking.slice(0, 3).map(({ tensor }) => tensor);
    return [
      `The ${what} of ${lacking.length} tensors are in one trace only (${shown.join(', ')}${lacking.length > 3 ? ', …' : ''}): they were not compared.`,
    ];
  });
}

function typesOf({ values, gradients, metadata }: Trace): ReadonlyMap<string, TensorType> {
  const order = (metadata.order ?? []).filter((name) => values.has(name) || gradients.has(name));
  const names = new Set([...values.keys(), ...gradients.keys()].filter((name) => !order.includes(name)));
  return new Map([...names, ...order].map((name) => [name, (values.get(name) ?? gradients.get(name)) as TensorSource]));
}

function rowOf(pair: Pair, direction: Direction, reference: Trace): readonly TensorReport[] {
  const mine = direction === 'forward' ? pair.value : pair.gradient;
  const theirs = (direction === 'forward' ? reference.values : reference.gradients).get(pair.tensor);
  if (mine === null || theirs === undefined) return [];
  const base: TensorReport = {
    tensor: pair.tensor,
    subjectName: pair.subjectName,
    direction,
    layer: pair.tensor,
    op: '',
    verdict: 'incomparable',
    band: null,
    local: null,
    chained: null,
    allowed: null,
    shape: mine.shape,
    dtype: mine.dtype,
    why: pair.why,
    excluded: 0,
  };
  if (!sameShape(mine.shape, theirs.shape)) {
    return [{ ...base, reason: `shapes differ: [${mine.shape.join(', ')}] and [${theirs.shape.join(', ')}]` }];
  }
  return [{ ...base, ...verdictOf(mine, theirs, direction) }];
}

function verdictOf(mine: TensorSource, theirs: TensorSource, direction: Direction): Partial<TensorReport> {
  if (!isFloat(mine.dtype) || !isFloat(theirs.dtype)) return verdictOfWhole(mine, theirs);
  const share = Math.max(TRACE_TOLERANCE, TRACE_UNITS * Math.max(unitRoundoff(mine.dtype), unitRoundoff(theirs.dtype)));
  const { d, slices } = measurePair(mine, theirs);
  if (d.elements === 0 || (d.compared === d.elements && d.subjectRms === 0 && d.referenceRms === 0)) {
    return { verdict: 'vacuous', reason: 'zero or empty on both sides: nothing was tested' };
  }
  if (d.nonFiniteAlike === d.elements)
    return { verdict: 'vacuous', chained: shown(d, 0), reason: 'non-finite alike everywhere: nothing was compared' };
  const allowed = share * d.referenceRms;
  const passes =
    d.nonFinite === 0 &&
    Number.isFinite(allowed) &&
    d.rms <= allowed &&
    (direction === 'backward' || d.maxAbs <= TRACE_ELEMENT_FACTOR * allowed) &&
    slicesFit(slices, d.referenceRms, share);
  const because = `${share} of the other trace's rms: two traces alone give no noise floor`;
  return {
    verdict: passes ? 'match' : 'mismatch',
    band: passes ? 'rounding' : 'wrong',
    chained: measuresBeyond(mine, theirs, d, 4 * allowed, !passes),
    allowed: { rms: jsonNumber(allowed), because },
  };
}

/** Whole numbers, booleans and strings must be equal. */
function verdictOfWhole(mine: TensorSource, theirs: TensorSource): Partial<TensorReport> {
  let equal = mine.dtype === theirs.dtype;
  if (equal) for (const { a, b } of partsOf(mine, theirs)) equal &&= countDifferent(a, b) === 0;
  return {
    verdict: equal ? 'match' : 'mismatch',
    band: equal ? 'same' : 'wrong',
    allowed: { rms: 0, because: `${theirs.dtype} must be equal` },
  };
}

/** One pass over both: only a part of them is in memory at once. */
function measurePair(mine: TensorSource, theirs: TensorSource): { d: Difference; slices: readonly SliceRms[] } {
  const meter = createMeter(asked(mine.dtype));
  const slices = createSliceMeter(mine.shape);
  for (const { a, b } of floatPartsOf(mine, theirs)) {
    meter.add(a, b);
    slices.add(a, b, null);
  }
  return { d: differenceOf(meter.finish()), slices: slices.finish() };
}

/** The measures that are shown. A second pass is taken only where an element is off by more than `bound`, or the worst are wanted. */
function measuresBeyond(
  mine: TensorSource,
  theirs: TensorSource,
  d: Difference,
  bound: number,
  wantsWorst: boolean,
): Measures {
  if (d.maxAbs <= bound && !wantsWorst) return shown(d, d.nonFinite);
  const meter = createMeter(asked(mine.dtype, bound));
  const worst = createWorstMeter();
  for (const { a, b } of floatPartsOf(mine, theirs)) {
    meter.add(a, b);
    if (wantsWorst) worst.add(a, b);
  }
  return { ...shown(d, d.nonFinite + meter.finish().exceeding), worst: worst.finish(null, mine.shape) };
}

/** One bad channel among many is not averaged away. A slice much smaller than the rest may be noise of the others: it is held to a tenth of the whole. */
function slicesFit(slices: readonly SliceRms[], whole: number, share: number): boolean {
  return slices.every(({ rms, sizes }) =>
    rms.every((e, i) => e <= TRACE_SLICE_FACTOR * share * Math.max(sizes[i] as number, 0.1 * whole)),
  );
}

function findings(rows: readonly TensorReport[], direction: Direction): Findings {
  const faulty = rows
    .filter((row) => row.direction === direction && row.verdict === 'mismatch')
    .map(({ tensor, layer, op }) => ({ tensor, direction, layer, op, cause: null, candidates: [] }));
  return { firstDivergence: faulty[0] ?? null, faulty };
}
