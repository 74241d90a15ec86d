// The main job on real input: a hand-written LeNet with a seeded bug, on real handwritten digits, against ONNX Runtime.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const subject = 'examples/lenet-with-a-bug.ts';
const model = 'models/twins/lenet/model.onnx';
const inputs = 'models/twins/lenet/inputs.safetensors';
const args = [
  'dist/cli/main.js',
  'check',
  subject,
  '--reference',
  model,
  '--inputs',
  inputs,
  '--report',
  'terminal',
  'html',
];

console.log('A LeNet written by hand in plain loops, with one bug, beside the same network in ONNX Runtime.');
console.log(
  'Both get the same eight handwritten digits and the same weights; every layer is compared, forward and backward.\n',
);
console.log(`$ layerdiff ${args.slice(1).join(' ')}\n`);
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 1) {
  console.error(`\nThe demo expects the bug to be found (exit code 1), and got ${status}.`);
  process.exit(1);
}
console.log(`\nThe bug was found. It stands in ${subject}, marked "<-- the bug".`);
console.log(`Open the report in a browser: ${resolve(join('reports', 'out', 'lenet-with-a-bug.html'))}`);
