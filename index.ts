// The public surface, and nothing else.
export { check, type CheckOptions } from './harness/check.ts';
export { compareTraces } from './harness/compare-traces.ts';
export { type ErrorCode, isLayerdiffError, LayerdiffError } from './harness/errors.ts';
export { recordReference } from './harness/record.ts';
export { referenceSubject } from './harness/reference-subject.ts';
export { float32, fromNumbers, int64, sourceOf, toNumbers } from './harness/tensor.ts';
export type * from './harness/types/adapter.ts';
export type * from './harness/types/graph.ts';
export type * from './harness/types/report.ts';
export type * from './harness/types/tensor.ts';
export type * from './harness/types/trace.ts';
export { networkSubject } from './adapters/network/index.ts';
export { twin } from './adapters/network/twin.ts';
export type { TwinRequest } from './adapters/network/twin-request.ts';
export type * from './adapters/network/types.ts';
export { decodeModel, encodeModel, GraphBuilder, loadModel, type Model } from './adapters/onnx/index.ts';
export {
  onnxModelSubject,
  type OnnxSubjectOptions,
  openOnnxReference,
  type RuntimeOptions,
  referenceOf,
} from './adapters/onnxruntime/index.ts';
export { type ProcessOptions, processSubject } from './adapters/process/index.ts';
export { type OpenTfjsOptions, openTfjsReference, type TfFunction, tfjsReferenceOf } from './adapters/tfjs/index.ts';
export { openTrace, readTensors, writeNpz, writeSafetensors, writeTrace } from './adapters/trace/index.ts';
export { traceSubject } from './adapters/trace/subject.ts';
export { formats, renderTerminal } from './reports/index.ts';
export { type Config, defineConfig } from './cli/config.ts';
