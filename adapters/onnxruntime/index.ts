export type { Engine, EngineLimits, Place, Session } from './engine.ts';
export { openOnnxReference, type OnnxReferenceOptions, referenceOf } from './reference.ts';
export { runModel } from './run-model.ts';
export { doubleModel, type StudiedModel, studyModel } from './studied.ts';
export { OPTIMIZATIONS, type Optimization, parseRuntime, type RuntimeOptions } from './build.ts';
export { onnxModelSubject, type OnnxSubjectOptions } from './subject.ts';
