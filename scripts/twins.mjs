// Writes the models of models/twins that are made from what their layers say they are, with drawn parameters and inputs.
// usage: npm run build && node scripts/twins.mjs [--dist DIR]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const dist = resolve(option('--dist') ?? join(root, 'dist'));
const built = (path) => import(pathToFileURL(join(dist, path)).href);

const { twin } = await built('adapters/network/twin.js');
const { encodeModel } = await built('adapters/onnx/index.js');
const { writeSafetensors } = await built('adapters/trace/index.js');
const { sourceOf } = await built('harness/tensor.js');
const jiti = createJiti(import.meta.url);
const { drafts } = await jiti.import(join(root, 'models/twins/drafts.ts'));
const { sequenceDrafts } = await jiti.import(join(root, 'models/twins/sequence-drafts.ts'));

const sources = (tensors) => new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

for (const { twin: written, inputs, parameters } of [...drafts, ...sequenceDrafts]) {
  const graph = await twin(written.make(), sources(inputs), { parameters: sources(parameters), draw: null });
  mkdirSync(dirname(written.model), { recursive: true });
  writeFileSync(written.model, encodeModel(graph, { inline: () => true }));
  writeSafetensors(written.inputs, sources(inputs));
  console.log(`${written.id}: ${graph.nodes.length} nodes`);
}
