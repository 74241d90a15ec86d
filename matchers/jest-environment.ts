// layerdiff/jest-environment: testEnvironment for tests that run ONNX Runtime or another native add-on.
import { TestEnvironment } from 'jest-environment-node';

const SHARED = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'DataView',
  'SharedArrayBuffer',
  'ArrayBuffer',
] as const;

/**
 * Jest's Node environment with the outer realm's typed arrays. Jest runs tests in a realm with arrays of its own, native add-ons make
 * theirs in the outer one, and `instanceof` inside onnxruntime ("must be type of function Float32Array") then fails.
 */
export default class OuterArrays extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const outer = globalThis as Record<string, unknown>;
    for (const name of SHARED) {
      if (outer[name] === undefined) continue;
      Object.defineProperty(this.global, name, { value: outer[name], writable: true, configurable: true });
    }
  }
}
