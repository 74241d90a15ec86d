// The network in mlp.c as a subject: compiled when it is asked for, then started once a run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { names } from './names.mjs';

export default function network() {
  const program = join(mkdtempSync(join(tmpdir(), 'layerdiff-c-')), 'mlp');
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, 'mlp.c'), '-lm']);
  return { name: 'mlp in C', command: [program], map: names };
}
