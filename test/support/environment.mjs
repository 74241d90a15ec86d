import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest runs tests in a realm with its own typed arrays; native add-ons make theirs in the outer one, so `instanceof`
 * inside onnxruntime fails. This shares the outer realm's.
 */
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
];

export default class OuterArrays extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) {
      if (globalThis[name] !== undefined) {
        Object.defineProperty(this.global, name, { value: globalThis[name], writable: true, configurable: true });
      }
    }
  }
}
