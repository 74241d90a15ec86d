import { createOracle } from '../oracle/index.ts';
import { fromSource, toTensor } from '../oracle/value.ts';
import { rules } from '../rules/_list.ts';
import { locate } from '../stages/6-locate.ts';
import { diagnose } from '../stages/7-diagnose.ts';
import { sourceOf } from '../tensor.ts';
import type { Observation } from '../types/adapter.ts';
import type { Value } from '../types/oracle.ts';
import type { Cause, Findings, Site } from '../types/report.ts';
import type { RuleContext } from '../types/rule.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Aligned } from './aligned.ts';
import type { Compared } from './compare.ts';

/** The faulty layers of both directions. */
export interface BothFindings {
  readonly forward: Findings;
  readonly backward: Findings;
}

/** Stages 6 and 7: the faulty layers, in order, each with what was most probably done instead. */
export function diagnoseAll(found: Aligned, compared: Compared): BothFindings {
  const { rows, plan } = compared;
  const observed = withObservations(locate(rows, plan.wiring, 'forward'), found, compared);
  const contextOf = contexts(found, compared);
  return {
    forward: diagnose(observed, rules, contextOf),
    backward: diagnose(locate(rows, plan.wiring, 'backward'), rules, contextOf),
  };
}

/** What was seen while the subject ran is proven without a comparison: it names its layer's cause. */
function withObservations(findings: Findings, { taken, alignment }: Aligned, { plan }: Compared): Findings {
  const theirs = new Map([...alignment.pairs.values()].map((pair) => [pair.subjectName, pair.tensor]));
  const faulty = [...findings.faulty];
  for (const observation of taken.observations) {
    const tensor = theirs.get(observation.tensor) ?? observation.tensor;
    const cause = observedCause(observation);
    const at = faulty.findIndex((site) => site.tensor === tensor);
    const node = plan.wiring.producer.get(tensor);
    const site: Site = {
      tensor,
      direction: 'forward',
      layer: observation.layer,
      op: node?.op ?? '',
      cause,
      candidates: [cause],
    };
    if (at < 0) faulty.push(site);
    else faulty[at] = { ...(faulty[at] as Site), cause, candidates: [cause] };
  }
  return { firstDivergence: faulty[0] ?? null, faulty };
}

const OBSERVED: Record<Observation['kind'], { id: string; fix: string }> = {
  'input-mutated': { id: 'input.mutated', fix: 'Write the result to a buffer of its own.' },
  'wrong-source': {
    id: 'wiring.wrong-source',
    fix: 'Feed the layer from the tensor that the reference feeds it from.',
  },
};

function observedCause({ kind, layer, detail }: Observation): Cause {
  const { id, fix } = OBSERVED[kind];
  return { id, claim: `${layer}: ${detail}`, fix, explains: 1, evidence: ['seen while the network ran'] };
}

/** What a rule may look at for each faulty tensor. Values are read once and kept while diagnosis lasts. */
function contexts({ alignment }: Aligned, compared: Compared): (site: Site) => RuleContext | null {
  const { plan, rows, answer } = compared;
  const { local, wiring } = plan;
  const read = memo(({ tensor, direction }: { tensor: string; direction: string }): Value | null => {
    const pair = alignment.pairs.get(tensor);
    const given =
      direction === 'forward'
        ? (pair?.value ?? local.inputs.get(tensor) ?? wiring.graph.initializers.get(tensor))
        : pair?.gradient;
    return given == null ? null : fromSource(given);
  });
  return (site) => {
    const { tensor, direction } = site;
    const row = rows.find((r) => r.tensor === tensor && r.direction === direction);
    const truth = answer(tensor, direction);
    const subject = read({ tensor, direction });
    if (row === undefined || subject === null || typeof truth === 'string') return null;
    const producer = wiring.producer.get(tensor);
    return {
      row,
      direction,
      tensor,
      wiring,
      subject,
      truth,
      allowed: typeof row.allowed?.rms === 'number' ? row.allowed.rms : 0,
      nodes:
        direction === 'forward' ? (producer === undefined ? [] : [producer]) : (wiring.consumers.get(tensor) ?? []),
      value: (name) => read({ tensor: name, direction: 'forward' }),
      gradient: (name) => read({ tensor: name, direction: 'backward' }),
      recorded: (way) =>
        [...alignment.pairs.values()]
          .filter((p) => (way === 'forward' ? p.value : p.gradient) !== null)
          .map((p) => p.tensor),
      evaluate: (replace) => evaluate(tensor, replace, compared),
    };
  };
}

/** The tensor's layer in float64 with some of its inputs replaced; null where the oracle cannot compute it. */
function evaluate(tensor: string, replace: ReadonlyMap<string, Value>, { plan }: Compared): Value | null {
  const replaced = [...replace].map(([name, value]): [string, TensorSource] => [
    name,
    sourceOf(toTensor(value, value.dtype)),
  ]);
  const values = new Map([...plan.local.values, ...replaced]);
  const inputs = new Map([...plan.local.inputs, ...replaced.filter(([name]) => plan.local.inputs.has(name))]);
  try {
    return createOracle(plan.wiring.graph, { ...plan.local, values, inputs }).value(tensor).r64;
  } catch {
    return null; // a hypothesis that cannot be computed is no hypothesis
  }
}

function memo<V>(
  read: (key: { tensor: string; direction: string }) => V,
): (key: { tensor: string; direction: string }) => V {
  const known = new Map<string, V>();
  return (key) => {
    const id = `${key.direction} ${key.tensor}`;
    if (!known.has(id)) known.set(id, read(key));
    return known.get(id) as V;
  };
}
