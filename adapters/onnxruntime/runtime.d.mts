/** A tensor as ONNX Runtime sees it. */
export interface RawTensor {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** A typed array (float16 as bits in a Uint16Array), or strings. */
  readonly data: unknown;
}

/** An input or output of a session; type and shape are null where it is no tensor. */
export interface RawMetadata {
  readonly name: string;
  readonly type: string | null;
  readonly shape: readonly (number | string)[] | null;
}

export interface RawSession {
  readonly inputs: readonly RawMetadata[];
  readonly outputs: readonly RawMetadata[];
  feed(tensors: readonly RawTensor[]): void;
  fetch(names: readonly string[]): Promise<RawTensor[]>;
  release(): Promise<void>;
}

/** What every build of ONNX Runtime for JavaScript exports: onnxruntime-node, onnxruntime-web, your own. */
export interface Runtime {
  readonly env: { readonly versions?: Readonly<Record<string, string | undefined>> };
}

export declare const SESSION_OPTIONS: Readonly<Record<string, string | number>>;
export declare function loadRuntime(importModule?: (name: string) => Promise<unknown>, name?: string): Promise<Runtime>;
export declare function isAbsent(error: unknown): boolean;
export declare function versionOf(runtime: Runtime): string;
export declare function sharesRealm(): boolean;
export declare function openSession(
  runtime: Runtime,
  bytes: Uint8Array,
  options?: Readonly<Record<string, unknown>>,
): Promise<RawSession>;
