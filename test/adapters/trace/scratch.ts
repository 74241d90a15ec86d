import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for this test file, removed after it. */
export function scratchFolder(): { path(name: string): string; write(name: string, bytes: Uint8Array): string } {
  const folder = mkdtempSync(join(tmpdir(), 'layerdiff-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  return {
    path,
    write(name, bytes) {
      writeFileSync(path(name), bytes);
      return path(name);
    },
  };
}

/** A safetensors file from a header (an object, or raw text) and data; `claim` overrides the length that is written. */
export function safetensorsBytes(header: unknown, data: Uint8Array = new Uint8Array(0), claim?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claim ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
