import { wire, type Wiring } from '../graph.ts';
import { isFloat } from '../tensor.ts';
import { sameShape } from '../shape.ts';
import { asType } from './1-share.ts';
import type { ReplayRequest, TensorType } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { Pair } from '../types/pair.ts';
import type { TensorSource } from '../types/tensor.ts';

/** What will be replayed, chained and local, and what cannot be and why. */
export interface ReplayPlan {
  readonly wiring: Wiring;
  /** Each side on its own values: nothing cut. */
  readonly chained: ReplayRequest;
  /** The reference's layers on the subject's own values. */
  readonly local: ReplayRequest;
  readonly loss: string | null;
  /** Reference's names whose recorded gradients start the backward pass, and are not judged. */
  readonly seeds: ReadonlySet<string>;
  /** Pairs that cannot be compared, with the reason. */
  readonly incomparable: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** What planning needs to know. */
export interface PlanRequest {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly inputs: ReadonlyMap<string, TensorSource>;
  /** Parameters that training has moved: taken from the subject. */
  readonly moved: ReadonlyMap<string, TensorSource>;
  readonly loss: string | null;
  readonly seeds: ReadonlySet<string>;
}

/**
 * Stage 4: cuts the graph at what the subject recorded. Every recorded value is fed to the layers that read it, every recorded
 * gradient to the layer that made the tensor; so each layer is judged on what it was given, whatever went wrong before it.
 */
export function planReplay(request: PlanRequest): ReplayPlan {
  const { graph, types, pairs, inputs, moved, loss, seeds } = request;
  const wiring = wire(graph);
  const incomparable = misfits(pairs, types);
  const sound = [...pairs.values()].filter((pair) => !incomparable.has(pair.tensor));
  const values = new Map(moved);
  const gradients = new Map<string, TensorSource>();
  for (const { tensor, value, gradient } of sound) {
    const { dtype } = types.get(tensor) as TensorType;
    if (value !== null && wiring.producer.has(tensor)) values.set(tensor, asType(value, dtype, tensor));
    if (gradient !== null && isFloat(dtype)) gradients.set(tensor, asType(gradient, dtype, tensor));
  }
  const wantValues = sound.filter((p) => p.value !== null && wiring.producer.has(p.tensor)).map((p) => p.tensor);
  const backward = loss !== null || seeds.size > 0;
  const wantGradients = backward ? [...gradients.keys()].filter((name) => !seeds.has(name)) : [];
  const local = { inputs, values, gradients, loss, wantValues, wantGradients };
  const starts = new Map([...gradients].filter(([name]) => seeds.has(name)));
  const chained = { inputs, values: moved, gradients: starts, loss, wantValues, wantGradients };
  return { wiring, chained, local, loss, seeds, incomparable, notes: planNotes(request, wiring, gradients.size) };
}

/** Pairs whose shapes or kinds of element do not fit. */
function misfits(pairs: ReadonlyMap<string, Pair>, types: ReadonlyMap<string, TensorType>): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { tensor, value, gradient } of pairs.values()) {
    const type = types.get(tensor);
    if (type === undefined) continue;
    for (const [what, source] of [
      ['value', value],
      ['gradient', gradient],
    ] as const) {
      if (source === null) continue;
      if (!sameShape(source.shape, type.shape)) {
        reasons.set(
          tensor,
          `the subject's ${what} has shape [${source.shape.join(', ')}], the reference's [${type.shape.join(', ')}]`,
        );
      } else if (isFloat(source.dtype) !== isFloat(type.dtype) && what === 'value') {
        reasons.set(tensor, `the subject's ${what} is ${source.dtype}, the reference's ${type.dtype}`);
      }
    }
  }
  return reasons;
}

function planNotes({ graph, pairs, loss, seeds }: PlanRequest, wiring: Wiring, gradients: number): readonly string[] {
  const notes: string[] = [];
  if (gradients === 0) notes.push('The trace holds no gradients: only the forward pass was compared.');
  else if (loss === null && seeds.size === 0) {
    notes.push(
      'The model has no scalar loss and no recorded gradient of an output: the backward pass was not compared. Name one with --loss, or record gradient/OUTPUT.',
    );
  }
  const computed = graph.nodes.flatMap((n) => n.outputs).filter((name) => name !== '' && !isConstant(wiring, name));
  const missing = computed.filter((name) => pairs.get(name)?.value == null && wiring.consumers.has(name));
  if (missing.length > 0) {
    notes.push(
      `${missing.length} of ${computed.length} interior values are not recorded (${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}): what lies between recorded tensors was judged as one layer.`,
    );
  }
  return notes;
}

const isConstant = (wiring: Wiring, name: string): boolean => wiring.producer.get(name)?.op === 'Constant';
