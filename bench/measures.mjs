/**
 * `npm run bench:measures`: how fast two tensors are measured on one core, beside memory copy in the same run, and that `compare` needs no more
 * memory for larger tensors. Runs on the built package, as users do.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asked } from '../dist/harness/metrics/fused/block.js';
import { createMeter } from '../dist/harness/metrics/fused/meter.js';

const MI = 2 ** 20;
const ROUNDS = 5;
const SIZES = [1, 16, 64, 256];

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; GB/s are bytes read of both sides`);
streamed(); // first: a process starts with its parent's peak of memory
inMemory();

function inMemory() {
  const elements = 64 * MI;
  const [a, b] = [new Float32Array(elements), new Float32Array(elements)];
  fill(a, b, 0);
  const copy = new Float32Array(elements);
  const bytes = 8 * elements;
  console.log(
    '\n64 Mi float32 pairs in memory, one core, best of 5 by the clock and by processor time (the same on a machine at rest):',
  );
  const copied = best(() => copy.set(a));
  console.log(`  memory copy (256 MiB, read and written)      ${rate(bytes, copied)}`);
  const kernel = best(() => measure(a, b, false));
  console.log(`  all measures, WebAssembly SIMD               ${rate(bytes, kernel)}   (asked: at least 2.5)`);
  const part = elements / 16;
  const twin = best(() => measure(a.subarray(0, part), b.subarray(0, part), true));
  console.log(`  all measures, plain twin (4 Mi)              ${rate(bytes / 16, twin)}`);
  const same = ['sums', 'histogram', 'maxAbs', 'maxAbsAt', 'equal'].every((key) => {
    const [x, y] = [false, true].map((plain) => measure(a.subarray(0, part), b.subarray(0, part), plain)[key]);
    return String(x) === String(y);
  });
  console.log(`  kernel and twin agree to the last bit        ${same}\n`);
  if (!same) process.exitCode = 1;
}

function measure(a, b, plain) {
  const meter = createMeter(asked('float32', 1e-6), plain);
  meter.add(a, b);
  return meter.finish();
}

function streamed() {
  const folder = mkdtempSync(join(tmpdir(), 'layerdiff-measures-'));
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  console.log('layerdiff compare a.safetensors b.safetensors, one tensor a file:');
  console.log('  Mi elements   file     seconds   GB/s   memory at peak');
  try {
    for (const size of SIZES) {
      const files = ['a', 'b'].map((name, side) => writeFile(join(folder, `${name}.safetensors`), size, side));
      const report = JSON.parse(execFileSync(process.execPath, [main, 'compare', ...files, '--json', '--out', folder]));
      const { total } = report.timing.seconds;
      const row = [size, `${4 * size} MiB`, total.toFixed(2), ((8 * size * MI) / total / 1e9).toFixed(2)];
      const memory = `${(report.timing.peakBytes / MI).toFixed(0)} MiB`;
      console.log(`  ${row.map((cell) => String(cell).padEnd(10)).join('')}${memory}   ${report.outcome}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Two sides that differ by rounding: the second is the first times 1 + 2^-23, here and there. */
function fill(a, b, offset) {
  for (let i = 0; i < a.length; i++) {
    const x = ((((i + offset) * 2654435761) >>> 0) / 2 ** 32 - 0.5) * 4;
    a[i] = x;
    b[i] = i % 3 === 0 ? x * (1 + 2 ** -23) : x;
  }
}

/** A safetensors file with one tensor, written piece by piece. */
function writeFile(path, size, side) {
  const elements = size * MI;
  const fields = { 'value/t': { dtype: 'F32', shape: [size * 1024, 1024], data_offsets: [0, 4 * elements] } };
  const text = JSON.stringify(fields);
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, length);
  writeSync(file, header);
  const pair = [new Float32Array(MI), new Float32Array(MI)];
  for (let offset = 0; offset < elements; offset += MI) {
    fill(pair[0], pair[1], offset);
    writeSync(file, new Uint8Array(pair[side].buffer));
  }
  closeSync(file);
  return path;
}

function best(run) {
  const times = Array.from({ length: ROUNDS }, () => {
    const [clock, used] = [performance.now(), process.cpuUsage()];
    run();
    const { user, system } = process.cpuUsage(used);
    return { clock: performance.now() - clock, processor: (user + system) / 1000 };
  });
  return { clock: Math.min(...times.map((t) => t.clock)), processor: Math.min(...times.map((t) => t.processor)) };
}

function rate(bytes, { clock, processor }) {
  const text = (milliseconds) => (bytes / milliseconds / 1e6).toFixed(2).padStart(6);
  return `${text(clock)} GB/s by the clock ${text(processor)} GB/s of processor time`;
}
