import { LayerdiffError } from '../../harness/errors.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { referenceOf } from '../onnxruntime/index.ts';
import type { TwinRequest } from './twin-request.ts';

/**
 * Opens the twin of a subject, in ONNX Runtime or, where asked for, in TensorFlow.js.
 * @throws E_UNSUPPORTED where the subject cannot say what it is made of (a trace, a program), or one of its layers does not, or TensorFlow.js
 *   has no form of an operator of theirs; E_PEER
 */
export async function twinReference(
  { options }: TwinRequest,
  subject: Subject,
  inputs: ReadonlyMap<string, TensorSource>,
): Promise<Reference> {
  if (subject.describe === undefined) {
    const reason = 'a twin is made from the layers of a network, which this does not have';
    throw new LayerdiffError('E_UNSUPPORTED', subject.name, reason, 'Give a model as the reference.');
  }
  const graph = await subject.describe(inputs, options);
  const name = `twin of ${subject.name}`;
  if (options.framework === 'tfjs') {
    const { tfjsReferenceOf } = await import('../tfjs/index.ts');
    return tfjsReferenceOf(graph, name);
  }
  proveKnown(options.framework);
  return referenceOf({ graph, irVersion: 10, producer: 'layerdiff' }, name);
}

function proveKnown(framework: string | undefined): void {
  if (framework === undefined || framework === 'onnxruntime') return;
  const reason = `"${framework}" is no framework that a twin can be made in`;
  throw new LayerdiffError('E_OPTION', 'twin()', reason, 'There are: onnxruntime, tfjs.');
}
