// The network in mlp.rs as a subject: compiled when it is asked for, then started once a run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { names } from './names.mjs';

export default function network() {
  const program = join(mkdtempSync(join(tmpdir(), 'layerdiff-rust-')), 'mlp');
  execFileSync('rustc', ['--edition', '2021', '-O', '-o', program, join(import.meta.dirname, 'mlp.rs')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { name: 'mlp in Rust', command: [program], map: names };
}
