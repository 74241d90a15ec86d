import { unrollControlFlow } from '../onnx/index.ts';
import { concreteOf, findShapes } from './concrete.ts';
import type { Stage } from './forward.ts';

/**
 * The same stage with If, Loop and Scan written out as they ran, so that they can be differentiated; the same object where there is
 * none. What was written out is a graph of its own: its shapes are found anew, on the values that this request feeds.
 */
export async function unrolled(stage: Stage): Promise<Stage> {
  const { engine, groupBytes, title } = stage;
  let { prepared, concrete } = stage;
  // Control flow within control flow takes one round a level.
  for (;;) {
    const graph = unrollControlFlow(prepared.graph, concrete);
    if (graph === prepared.graph) break;
    prepared = { ...prepared, graph };
    concrete = concreteOf(await findShapes(engine, prepared, groupBytes, title), prepared.feeds, prepared.aliases);
  }
  return prepared === stage.prepared ? stage : { ...stage, prepared, concrete };
}
