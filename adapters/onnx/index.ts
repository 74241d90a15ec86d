export { GraphBuilder, type NodeOptions } from './build.ts';
export { unrollControlFlow } from './control-flow.ts';
export { cutGraph, cutName } from './cut.ts';
export { describeModel, type ModelDescription } from './describe.ts';
export { type EncodeOptions, encodeModel } from './encode.ts';
export { decodeModel, loadModel, type Model } from './model.ts';
export { namesIn, outerReads, readsOf, subgraphsOf } from './names.ts';
export { decodeTensor } from './tensors.ts';
export { type Lift, type LiftedGraph, liftGraph, withHelpers } from './lifting.ts';
