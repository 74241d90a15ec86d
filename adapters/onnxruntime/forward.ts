import type { Answer } from '../../harness/types/trace.ts';
import { bytesIn, type ConcreteRun } from './concrete.ts';
import type { Engine } from './engine.ts';
import { feedCounter, groupsOf } from './groups.ts';
import type { Prepared } from './request.ts';
import { runGraph } from './run-graph.ts';

/** A request, and what is known about its graph. */
export interface Stage {
  readonly engine: Engine;
  readonly prepared: Prepared;
  readonly concrete: ConcreteRun;
  /** Bound of what one run takes and hands over, in bytes. */
  readonly groupBytes: number;
  readonly title: string;
}

/** Computed values, in order of execution; each group of them is dropped before the next is computed. */
export async function* forward(stage: Stage, wanted: readonly string[]): AsyncGenerator<Answer> {
  const { engine, prepared, concrete, title } = stage;
  const { graph, feeds } = prepared;
  const names = new Set(wanted);
  for (const name of names) {
    // Inputs and parameters are what they are.
    const held = feeds.get(name) ?? graph.initializers.get(name);
    if (held === undefined) continue;
    yield { name, direction: 'forward', tensor: held.read() };
    names.delete(name);
  }
  const ordered = graph.nodes.flatMap((node) => node.outputs).filter((name) => names.has(name));
  const fed = feedCounter(graph, (name) => (prepared.aliases.has(name) ? bytesOf(concrete, name) : 0));
  const cost = { own: (name: string) => bytesOf(concrete, name), fed };
  for (const wants of groupsOf(ordered, cost, stage.groupBytes)) {
    const feed = (name: string) => feeds.get(name);
    const results = await runGraph(engine, { graph, types: concrete.types, feed, wants, title });
    for (const [name, tensor] of results) yield { name, direction: 'forward', tensor };
  }
}

/** Bytes of a tensor in memory; strings are counted as 16 each. */
export function bytesOf(concrete: ConcreteRun, name: string): number {
  return bytesIn(concrete.dtype(name), concrete.shape(name));
}
