import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Model } from '../onnx/index.ts';
import { doubleGraph, doubleSource } from '../onnx/double.ts';
import { engineAway } from './away.ts';
import { type ConcreteRun, concreteOf, findShapes } from './concrete.ts';
import type { Prepared } from './request.ts';
import { prepare } from './request.ts';
import { placeFor } from './risk.ts';
import { engineHere } from './session.ts';
import { inferTypes } from './types.ts';
import { GROUP_BYTES } from './groups.ts';
import { unrolled } from './unrolled.ts';

type Inputs = ReadonlyMap<string, TensorSource>;

/** A model as it runs on given inputs: control flow written out, every shape and integer known. */
export interface StudiedModel {
  readonly model: Model;
  readonly concrete: ConcreteRun;
}

const TEN_MINUTES = 600_000;

/** Runs the model so far as is needed to know its shapes, and writes out If, Loop and Scan as they ran. Throws E_INPUT for inputs that do not fit. */
export async function studyModel(model: Model, inputs: Inputs): Promise<StudiedModel> {
  const { graph } = model;
  const place = placeFor(graph);
  const engine = place === 'here' ? await engineHere() : await engineAway(place, { timeLimit: TEN_MINUTES });
  try {
    const prepared: Prepared = prepare(graph, inferTypes(graph), { ...NOTHING, inputs });
    const shapes = await findShapes(engine, prepared, GROUP_BYTES, graph.name);
    const concrete = concreteOf(shapes, prepared.feeds, prepared.aliases);
    const stage = { engine, prepared, concrete, groupBytes: GROUP_BYTES, title: graph.name };
    const flat = await unrolled(stage);
    return { model: { ...model, graph: flat.prepared.graph }, concrete: flat.concrete };
  } finally {
    await engine.release();
  }
}

/** The same model in float64, with inputs to match: see {@link doubleGraph}. */
export function doubleModel({ model, concrete }: StudiedModel, inputs: Inputs): { model: Model; inputs: Inputs } {
  const graph = doubleGraph(model.graph, concrete);
  return {
    model: { ...model, graph },
    inputs: new Map([...inputs].map(([name, source]) => [name, doubleSource(source)])),
  };
}

const NOTHING = {
  values: new Map<string, TensorSource>(),
  gradients: new Map<string, TensorSource>(),
  loss: null,
  wantValues: [],
  wantGradients: [],
};
