import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { decodeModel } from '../onnx/index.ts';
import { type Build, type Optimization, PINNED } from './build.ts';
import { engineFor } from './reference.ts';
import { inspectGraph } from './run-graph.ts';
import { inferTypes } from './types.ts';

/**
 * Tensors of a model that are left when ONNX Runtime has optimised it, in order of execution: what it does not fuse or fold away. They can be
 * recorded without undoing a fusion.
 *
 * Read from the optimised model that the build writes. WebAssembly has no file to write it to: there onnxruntime-node's is read, at the
 * highest level that does not change layouts, as WebAssembly's does not.
 */
export async function keptTensors(
  graph: Graph,
  build: Build,
  optimization: Optimization,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layerdiff-'));
  const path = join(folder, 'optimized.onnx');
  const writes = build.module === PINNED.module;
  const level = writes || optimization === 'basic' ? optimization : 'extended';
  const session = { ...(writes ? build.session : {}), graphOptimizationLevel: level, optimizedModelFilePath: path };
  const engine = await engineFor(graph, {}, { ...PINNED, session, holdsParameters: true });
  try {
    const wants = graph.outputs.map(({ name }) => name);
    const feed = (name: string) => inputs.get(name);
    await inspectGraph(engine, { graph, types: inferTypes(graph), feed, wants, title: graph.name });
    const left = decodeModel(readFileSync(path), { place: 'the optimised model', directory: folder }).graph;
    const made = new Set([...left.nodes.flatMap((node) => node.outputs), ...wants]);
    return graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '' && made.has(name));
  } finally {
    await engine.release();
    rmSync(folder, { recursive: true, force: true });
  }
}
